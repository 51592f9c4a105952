// What a job of the clock is given, and how it goes through the organizations.
import { type JobRun, organizationIds } from '@salus/db';
import type { Job, OrganizationId } from '@salus/schema';
import { sendCommitted } from './audit/producer.ts';
import type { Env } from './env.ts';
import type { Isolate } from './isolate.ts';
import { problemOf, report } from './report.ts';

export interface Minute {
  readonly env: Env;
  readonly isolate: Isolate;
}

/** Does the work of a job for an organization. Its failure is told of; what it has committed goes to the queue all the same. */
export async function asJob(
  { env, isolate }: Minute,
  job: Job,
  organizationId: OrganizationId,
  work: (run: JobRun) => Promise<void>,
): Promise<void> {
  const { database, keyring } = isolate;
  const requestId = crypto.randomUUID();
  const sending: Promise<void>[] = [];
  try {
    await work({
      job,
      organizationId,
      database,
      keyring,
      requestId,
      now: Date.now,
      committed: (rows) => sending.push(sendCommitted(env.AUDIT_QUEUE, requestId, rows)),
    });
  } catch (error) {
    report(requestId, problemOf(`${job}_failed`, error));
  }
  await Promise.all(sending);
}

/**
 * Does the work of a job for one organization after the other. One for which it fails keeps no other back.
 * @throws DatabaseError when it is not known which organizations there are
 */
export async function eachOrganization(
  minute: Minute,
  job: Job,
  work: (run: JobRun) => Promise<void>,
): Promise<void> {
  for (const id of await organizationIds(minute.isolate.database)) await asJob(minute, job, id, work);
}
