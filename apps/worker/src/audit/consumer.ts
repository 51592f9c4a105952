// From the queue to the logs. A message is acknowledged when the log has its event and the database knows where: before
// that it comes again, and coming again changes nothing. What is not a message of ours goes to the dead letter queue, not
// away.
import { type AuditRow, leafOf, yearOf } from '@salus/audit';
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
  readonly row: AuditRow;
}

export async function consumeAuditBatch(batch: MessageBatch, services: ConsumerServices): Promise<void> {
  const deliveries = batch.messages.flatMap((message): Delivery[] => {
    const parsed = auditMessage.safeParse(message.body);
    if (parsed.success) return [{ message, row: parsed.data.row }];
    report(null, { code: 'audit_message_unreadable', error: 'ZodError' });
    message.retry();
    return [];
  });
  const logs = Map.groupBy(deliveries, ({ row }) => `${row.organizationId}/${yearOf(row)}`);
  await Promise.all([...logs.values()].map((ofOneLog) => deliver(ofOneLog, services)));
}

async function deliver(
  deliveries: readonly Delivery[],
  { database, auditLog }: ConsumerServices,
): Promise<void> {
  const [first] = deliveries;
  if (!first) return;
  const { organizationId } = first.row;
  const year = yearOf(first.row);
  try {
    const log = auditLog.getByName(`${organizationId}/${year}`);
    const entries = await Promise.all(
      deliveries.map(async ({ row }) => ({ id: row.id, leaf: await leafOf(row) })),
    );
    const placed = await log.append(organizationId, year, entries);
    // The log has an event of that id already, and it says something else: somebody changed a row. What the log has, stays.
    if (placed.some(({ contradicted }) => contradicted))
      report(null, { code: 'audit_contradiction', error: 'tampering' });
    await recordLeaves(
      database,
      organizationId,
      year,
      placed.map(({ id, index }) => ({ eventId: id, index })),
    );
    for (const { message } of deliveries) message.ack();
  } catch (error) {
    report(null, problemOf('audit_not_logged', error));
    for (const { message } of deliveries) message.retry();
  }
}
