// What a job is given, and how it goes through the organizations.
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

export interface JobServices extends Pick<JobRun, 'database' | 'keyring'> {
  readonly queue: Queue;
}

/** Does the work of a job for an organization. What it has committed goes to the queue, however it ends. @throws as the work */
export async function runJob(
  { database, keyring, queue }: JobServices,
  of: Pick<JobRun, 'job' | 'organizationId' | 'requestId'>,
  work: (run: JobRun) => Promise<void>,
): Promise<void> {
  const sending: Promise<void>[] = [];
  try {
    await work({
      ...of,
      database,
      keyring,
      now: Date.now,
      committed: (rows) => sending.push(sendCommitted(queue, rows)),
    });
  } finally {
    await Promise.all(sending);
  }
}

/** As `runJob`, of the clock: a failure is told of. */
export async function asJob(
  { env, isolate: { database, keyring } }: Minute,
  job: Job,
  organizationId: OrganizationId,
  work: (run: JobRun) => Promise<void>,
): Promise<void> {
  const requestId = crypto.randomUUID();
  try {
    await runJob({ database, keyring, queue: env.AUDIT_QUEUE }, { job, organizationId, requestId }, work);
  } catch (error) {
    report(requestId, problemOf(`${job}_failed`, error));
  }
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
