// What the Worker does by the clock, every minute. A job is one line of JOBS. Each runs on its own: one that fails, or takes
// long, keeps no other back, and is told of by its code. The next minute may begin before a job has ended, so a job is safe
// beside itself, and finds out from the database what is due.
import { addAuditMonths, endRefusalWindows, type JobRun, organizationIds } from '@salus/db';
import type { Job, OrganizationId } from '@salus/schema';
import { sendCommitted } from './audit/producer.ts';
import { sweepAuditTrail } from './audit/sweep.ts';
import type { Env } from './env.ts';
import type { Isolate } from './isolate.ts';
import { problemOf, report } from './report.ts';
import { purge, retain } from './retention/retention.ts';

export interface Minute {
  readonly env: Env;
  readonly isolate: Isolate;
}

export interface ScheduledJob {
  /** With `_failed` behind it the code by which a failure is reported. */
  readonly name: string;
  run(minute: Minute): Promise<void>;
}

export const JOBS: readonly ScheduledJob[] = [
  {
    name: 'sweep',
    run: ({ env, isolate }) => sweepAuditTrail({ database: isolate.database, queue: env.AUDIT_QUEUE }),
  },
  {
    name: 'refusal_windows',
    run: async ({ env, isolate }) =>
      sendCommitted(env.AUDIT_QUEUE, null, await endRefusalWindows(isolate.database)),
  },
  { name: 'audit_months', run: ({ isolate }) => addAuditMonths(isolate.database) },
  { name: 'retention', run: (minute) => retain(minute) },
  { name: 'purge', run: (minute) => purge(minute) },
];

export async function runSchedule(jobs: readonly ScheduledJob[], minute: Minute): Promise<void> {
  await Promise.all(
    jobs.map(async ({ name, run }) => {
      try {
        await run(minute);
      } catch (error) {
        report(null, problemOf(`${name}_failed`, error));
      }
    }),
  );
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
