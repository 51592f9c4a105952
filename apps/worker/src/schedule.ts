// What the Worker does by the clock, every minute. A job is one line of JOBS. Each runs on its own: one that fails, or takes
// long, keeps no other back, and is told of by its code. The next minute may begin before a job has ended, so a job is safe
// beside itself, and finds out from the database what is due.
import { addAuditMonths, endRefusalWindows } from '@salus/db';
import { watch } from './alerts/alerts.ts';
import { sendCommitted } from './audit/producer.ts';
import { sweepAuditTrail } from './audit/sweep.ts';
import type { Minute } from './minute.ts';
import { problemOf, report } from './report.ts';
import { makeWeeklyReports, sendWeeklyReports } from './reports/weekly.ts';
import { purge, retain } from './retention/retention.ts';
import { exportToSiems } from './siem/export.ts';

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
      sendCommitted(env.AUDIT_QUEUE, await endRefusalWindows(isolate.database)),
  },
  { name: 'alerts', run: watch },
  { name: 'siem_export', run: exportToSiems },
  { name: 'weekly_reports', run: makeWeeklyReports },
  { name: 'send_reports', run: sendWeeklyReports },
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
