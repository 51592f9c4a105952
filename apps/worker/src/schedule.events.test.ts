// What the clock does is in the trail as well: each job of the schedule leaves an event of what it has done, or is one of the
// few that only carry, or make room for, what others have left. A job that is not named here fails.
import { type EventType, isEventType } from '@salus/audit';
import { describe, expect, it } from 'vitest';
import { asOwner, newOrganization } from './audit/test-trail.ts';
import { JOBS, runSchedule } from './schedule.ts';
import { testMinute } from './test-minute.ts';

/** Makes something for the job to do in an organization, and says of what type the event of it will be. */
type Work = (organization: string) => Promise<EventType>;

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

/** Jobs whose own tests, beside them, make them leave what is named here. */
const TRIED_ELSEWHERE: Readonly<Record<string, EventType>> = {
  weekly_reports: 'report.create',
  send_reports: 'report.send',
  retention: 'retention.expired',
  purge: 'retention.purged',
  alerts: 'alert.raise',
};

/** They bring events to the log or to a SIEM, which each event of it would keep busy, or make the months that events lie in. */
const SILENT = ['sweep', 'siem_export', 'audit_months'];

describe('every job of the schedule', () => {
  it.each(JOBS)('$name is known to leave an event, or to have none to leave', ({ name }) => {
    const known = [...Object.keys(WORK), ...Object.keys(TRIED_ELSEWHERE), ...SILENT];
    expect(known.filter((job) => job === name)).toEqual([name]);
    const type = TRIED_ELSEWHERE[name];
    if (type !== undefined) expect(isEventType(type)).toBe(true);
  });

  it.each(JOBS.filter(({ name }) => name in WORK || SILENT.includes(name)))(
    '$name leaves just that',
    async (job) => {
      const organization = await newOrganization();
      const events = () =>
        asOwner('select type from salus.audit_events where organization_id = $1', [organization]);
      const type = await WORK[job.name]?.(organization);
      expect(await events()).toEqual([]);
      await runSchedule([job], await testMinute());
      expect(await events()).toEqual(type === undefined ? [] : [{ type }]);
    },
  );
});
