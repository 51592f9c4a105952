// One event and where it stands in its log, so that its presence there can be proven. Asking is an event too.
import { type AuditRow, auditRow } from '@salus/audit';
import type { Grant } from '@salus/policy';
import type { AuditEventId } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../call.ts';
import { type Disclosed, disclose } from '../disclosed.ts';
import { NotFoundError } from '../errors.ts';
import { auditEvents, auditLeaves } from '../tables/audit-event.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../trail.ts';

export interface LoggedEvent {
  readonly row: AuditRow;
  readonly year: number;
  /** Position in the log of its organization and year, from 0. */
  readonly index: number;
}

/** @throws NotFoundError when there is no such event, or it has no leaf yet; DatabaseError */
export async function readLoggedEvent(
  call: Call,
  grant: Grant<'audit_event'>,
  id: AuditEventId,
): Promise<Disclosed<LoggedEvent>> {
  const keys = await call.keyring.organization(grant.subject.organizationId);
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with found as (
        select salus.audit_row(e) as row, e.patient_id, l.year, l.index
          from ${auditEvents} e join ${auditLeaves} l on l.event_id = e.id
         where e.organization_id = (select (salus.context()).organization_id) and e.id = ${id}::uuid
      )
      select found.row, found.year, found.index,
             ${recordEvents({
               type: 'audit_event.read',
               resource: 'audit_event',
               fields: grant.fields,
               origin: await sealOrigin(call, keys.current),
               outcome: sql`case when found.row is null then 'denied' else 'success' end`,
               patientId: sql`found.patient_id`,
               resourceId: sql`${id}::uuid`,
               details: sql`case when found.row is null then '{"reason":"not_found"}'::jsonb end`,
             })} as events from (select) one left join found on true`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  if (!answer?.row) throw new NotFoundError();
  return disclose({
    row: auditRow.parse(answer.row),
    year: Number(answer.year),
    index: Number(answer.index),
  });
}
