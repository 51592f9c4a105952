// Messages of the queue that could not be delivered, as the trail of their organization tells of it. What they carried is in
// the trail itself, and the sweep sends it anew; this is so that somebody finds out why.
import { sql } from 'drizzle-orm';
import { beginJob, type JobRun } from '../job.ts';
import { auditRowsOf, recordEvents } from '../trail.ts';

export interface DeadLetters {
  /** `unreadable`: no message of this release. `not_logged`: the log or the database refused it, again and again. */
  readonly reason: 'unreadable' | 'not_logged';
  readonly count: number;
}

/**
 * Leaves one event an hour, however many letters there are: the event has to reach the same log, and where that has
 * stopped each would make the next.
 * @throws DatabaseError `not_permitted` when there is no such organization
 */
export async function recordDeadLetters(run: JobRun, { reason, count }: DeadLetters): Promise<void> {
  const [, [answer] = []] = await run.database.transaction([
    beginJob(run),
    sql`
      select ${recordEvents({
        type: 'audit.dead_letter',
        resource: 'audit_event',
        fields: [],
        origin: sql`null::bytea`,
        outcome: sql`'failed'`,
        patientId: sql`null::uuid`,
        resourceId: sql`null::uuid`,
        details: sql`${JSON.stringify({ reason, count })}::jsonb`,
      })} as events
       where not exists (
         select from salus.audit_events earlier
          where earlier.organization_id = (select (salus.context()).organization_id) and earlier.type = 'audit.dead_letter'
            and earlier.recorded_at > now() - interval '1 hour')`,
  ]);
  run.committed(auditRowsOf(answer?.events));
}
