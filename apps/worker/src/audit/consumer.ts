// From the queue to the logs. A message is acknowledged when the log has its event and the database knows where: before
// that it comes again, and coming again changes nothing. What is not a message of ours goes to the dead letter queue, not
// away.
import { type AuditRow, leafOf, yearOf } from '@salus/audit';
import type { Entry } from '@salus/audit/log';
import { type Database, recordLeaves } from '@salus/db';
import { problemOf, report } from '../report.ts';
import type { AuditLog } from './audit-log.ts';
import { auditMessage } from './message.ts';

export interface ConsumerServices {
  readonly database: Database;
  readonly auditLog: DurableObjectNamespace<AuditLog>;
}

interface Delivery {
  readonly message: Message;
  readonly organization: string;
  readonly year: number;
  readonly row: AuditRow;
  readonly entry: Entry;
}

/** From this attempt on a message is delivered by itself: one that cannot be must not keep others back. */
const ALONE_FROM = 4;

export async function consumeAuditBatch(batch: MessageBatch, services: ConsumerServices): Promise<void> {
  const read = await Promise.all(batch.messages.map(readMessage));
  const deliveries = read.filter((delivery) => delivery !== undefined);
  const groups = Map.groupBy(deliveries, ({ message, organization, year }) =>
    message.attempts < ALONE_FROM ? `${organization}/${year}` : message.id,
  );
  await Promise.all([...groups.values()].map((group) => deliver(group, services)));
}

async function readMessage(message: Message): Promise<Delivery | undefined> {
  try {
    const { row } = auditMessage.parse(message.body);
    const entry = { id: row.id, leaf: await leafOf(row) };
    return { message, organization: row.organizationId, year: yearOf(row), row, entry };
  } catch (error) {
    report(null, problemOf('audit_message_unreadable', error));
    message.retry();
    return undefined;
  }
}

/** Delivers messages of one log. */
async function deliver(
  deliveries: readonly Delivery[],
  { database, auditLog }: ConsumerServices,
): Promise<void> {
  const [first] = deliveries;
  if (!first) return;
  const { organization, year } = first;
  try {
    const log = auditLog.getByName(`${organization}/${year}`);
    const placed = await log.append(
      organization,
      year,
      deliveries.map(({ entry }) => entry),
    );
    // The log has an event of that id already which says something else, or the row is not what the log was given: somebody
    // changed it. What the log has, stays, and the trail has a security event more.
    const contradictions = await recordLeaves(
      database,
      organization,
      year,
      deliveries.flatMap(({ row }, at) => {
        const { index, contradicted } = placed[at] ?? {};
        return index === undefined
          ? []
          : [{ eventId: row.id, index, row, contradicted: contradicted ?? false }];
      }),
    );
    for (const { reason } of contradictions) report(null, { code: 'audit_contradiction', error: reason });
    for (const { message } of deliveries) message.ack();
  } catch (error) {
    // An event of a year whose retention has ended: nobody should be writing there. It becomes a dead letter, and no new log.
    const tooLate = error instanceof Error && 'code' in error && error.code === 'log_closed';
    report(null, problemOf(tooLate ? 'audit_event_too_late' : 'audit_not_logged', error));
    for (const { message } of deliveries) message.retry();
  }
}
