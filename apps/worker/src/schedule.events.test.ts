// What the clock does is in the trail as well: each job of the schedule leaves an event of what it has done, or is one of the
// few that only carry, or make room for, what others have left. A job that is not named here fails.
import { describe, expect, it } from 'vitest';
import { asOwner, newOrganization } from './audit/test-trail.ts';
import { JOBS, runSchedule } from './schedule.ts';
import { testMinute } from './test-minute.ts';

/** Makes something for the job to do in an organization, and says of what type the event of it will be. */
type Work = (organization: string) => Promise<string>;

const WORK: Readonly<Record<string, Work>> = {
  async refusal_windows(organization) {
    await asOwner(
      `insert into salus.refusal_windows (bucket, organization_id, kind, type, outcome, reason, request_id, since, repeated)
       values (sha256($1::text::bytea), $1::uuid, 'authorization', 'patient.list', 'denied', 'token_missing', gen_random_uuid(),
               now() - interval '16 minutes', 3)`,
      [organization],
    );
    return 'patient.list';
  },
};

/** They bring events to the log, or make the months that events lie in. */
const SILENT = ['sweep', 'audit_months'];

describe('every job of the schedule', () => {
  it.each(JOBS)('$name leaves an event of what it has done, or has nothing to say', async (job) => {
    const organization = await newOrganization();
    const events = () =>
      asOwner('select type from salus.audit_events where organization_id = $1', [organization]);
    const work = WORK[job.name];
    expect([job.name, work !== undefined]).toEqual([job.name, !SILENT.includes(job.name)]);
    const type = await work?.(organization);
    expect(await events()).toEqual([]);
    await runSchedule([job], await testMinute());
    expect(await events()).toEqual(type === undefined ? [] : [{ type }]);
  });
});
