// From the dead letter queue: messages that the log or the database has refused again and again. Each is told of, to the
// operator and in the trail, by codes and counts alone. Nothing is lost with it: its row is in the database, and as long as
// that has no leaf the sweep sends it anew.
import { DatabaseError, type Keyring, PLATFORM, recordDeadLetters } from '@salus/db';
import { type OrganizationId, organizationId } from '@salus/schema';
import { problemOf, report } from '../report.ts';
import type { ConsumerServices } from './consumer.ts';
import { auditMessage } from './message.ts';
import { sendCommitted } from './producer.ts';

/** As in wrangler.toml. */
export const DEAD_LETTERS = 'salus-audit-dead-letter';

export interface DeadLetterServices extends Pick<ConsumerServices, 'database'> {
  readonly keyring: Keyring;
  readonly queue: Queue;
}

export async function consumeDeadLetters(batch: MessageBatch, services: DeadLetterServices): Promise<void> {
  const groups = Map.groupBy(batch.messages, ({ body }) => organizationOf(body));
  await Promise.all([...groups].map(([of, messages]) => tell(of, messages, services)));
}

/** Whose event a message is; null when it is no message that this release can read. */
function organizationOf(body: unknown): OrganizationId | null {
  const { data } = auditMessage.safeParse(body);
  return data ? organizationId.parse(data.row.organizationId) : null;
}

async function tell(
  of: OrganizationId | null,
  messages: readonly Message[],
  services: DeadLetterServices,
): Promise<void> {
  const reason = of === null ? 'unreadable' : 'not_logged';
  report(null, { code: 'audit_dead_letter', error: reason });
  try {
    await record(of ?? PLATFORM, { reason, count: messages.length }, services);
    for (const message of messages) message.ack();
  } catch (error) {
    report(null, problemOf('dead_letter_not_recorded', error));
    for (const message of messages) message.retry();
  }
}

async function record(
  of: OrganizationId,
  letters: Parameters<typeof recordDeadLetters>[1],
  { database, keyring, queue }: DeadLetterServices,
): Promise<void> {
  const requestId = crypto.randomUUID();
  const sending: Promise<void>[] = [];
  const run = {
    job: 'alert' as const,
    database,
    keyring,
    requestId,
    now: Date.now,
    committed: (rows: Parameters<typeof sendCommitted>[2]) =>
      sending.push(sendCommitted(queue, requestId, rows)),
  };
  try {
    await recordDeadLetters({ ...run, organizationId: of }, letters);
  } catch (error) {
    // Of an organization that there is not: the platform's to know.
    if (!(error instanceof DatabaseError && error.code === 'not_permitted')) throw error;
    await recordDeadLetters({ ...run, organizationId: PLATFORM }, letters);
  }
  await Promise.all(sending);
}
