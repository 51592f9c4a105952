// From the dead letter queue: messages that the log or the database has refused again and again. Each is told of, to the
// operator and in the trail, by codes and counts alone. Nothing is lost with it: its row is in the database, and as long as
// that has no leaf the sweep sends it anew.
import { DatabaseError, PLATFORM, recordDeadLetters } from '@salus/db';
import { type OrganizationId, organizationId } from '@salus/schema';
import { type JobServices, runJob } from '../minute.ts';
import { problemOf, report } from '../report.ts';
import { auditMessage } from './message.ts';

/** As in wrangler.toml. */
export const DEAD_LETTERS = 'salus-audit-dead-letter';

export async function consumeDeadLetters(batch: MessageBatch, services: JobServices): Promise<void> {
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
  services: JobServices,
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
  services: JobServices,
): Promise<void> {
  const recordFor = (organizationId: OrganizationId) =>
    runJob(services, { job: 'alert', organizationId, requestId: crypto.randomUUID() }, (run) =>
      recordDeadLetters(run, letters),
    );
  try {
    await recordFor(of);
  } catch (error) {
    // Of an organization that there is not: the platform's to know.
    if (!(error instanceof DatabaseError && error.code === 'not_permitted')) throw error;
    await recordFor(PLATFORM);
  }
}
