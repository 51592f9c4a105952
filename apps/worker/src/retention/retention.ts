// What has been kept for long enough, by the clock (45 CFR 164.316(b)(2)(i); docs/retention.md). Most minutes nothing is due, and
// that costs a question to the database.
import { expiringYears, PLATFORM, purgeSignIn } from '@salus/db';
import { asJob, type Minute } from '../minute.ts';
import { expireYear } from './expire-year.ts';

const AT_ONCE = 1_000;
const BATCHES = 20;

/** Ends years of the trail. @throws DatabaseError; what fails for one organization keeps no other back */
export async function retain(minute: Minute): Promise<void> {
  const due = await expiringYears(minute.isolate.database);
  for (const [organization, years] of Map.groupBy(due, ({ organizationId }) => organizationId)) {
    await asJob(minute, 'retention', organization, async (run) => {
      for (const { year } of years) await expireYear(run, minute.env, year);
    });
  }
}

/** Cleans what signing in has left behind. @throws DatabaseError */
export async function purge(minute: Minute): Promise<void> {
  await asJob(minute, 'retention', PLATFORM, async (run) => {
    for (let batch = 0; batch < BATCHES; batch++) if (!(await purgeSignIn(run, AT_ONCE))) return;
  });
}
