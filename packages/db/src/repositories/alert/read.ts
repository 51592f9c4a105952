// Alerts for whoever answers for them: to see, and to acknowledge in their own name.
import type { Grant } from '@salus/policy';
import { type Alert, type AlertId, alert, type Page, type PageRequest } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../../call.ts';
import { type Disclosed, disclose } from '../../disclosed.ts';
import { NotFoundError } from '../../errors.ts';
import { disclosePageOf } from '../../page.ts';
import { alerts } from '../../tables/alert.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../../trail.ts';

/** Alerts, the newest first, whether acknowledged or not. @throws CursorError, DatabaseError */
export function listAlerts(
  call: Call,
  grant: Grant<'alert'>,
  page: PageRequest,
): Promise<Disclosed<Page<Alert>>> {
  return disclosePageOf(call, grant, page, { resource: alert, type: 'alert.list' });
}

/** @throws NotFoundError when there is no such alert, or somebody has acknowledged it; DatabaseError */
export async function acknowledgeAlert(
  call: Call,
  grant: Grant<'alert'>,
  id: AlertId,
): Promise<Disclosed<{ id: AlertId }>> {
  const { current } = await call.keyring.organization(grant.subject.organizationId);
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with changed as (
        update ${alerts} a set acknowledged_at = now(), acknowledged_by = c.user_id
          from salus.context() c
         where (a.organization_id, a.id) = (c.organization_id, ${id}::uuid) and a.acknowledged_at is null
        returning a.rule
      )
      select exists (select from changed) as changed, ${recordEvents({
        type: 'alert.update',
        resource: 'alert',
        fields: grant.fields,
        origin: await sealOrigin(call, current),
        outcome: sql`case when changed.rule is null then 'denied' else 'success' end`,
        patientId: sql`null::uuid`,
        resourceId: sql`${id}::uuid`,
        details: sql`case when changed.rule is null then '{"reason":"not_found"}'::jsonb
                          else jsonb_build_object('rule', changed.rule) end`,
      })} as events from (select) one left join changed on true`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  if (answer?.changed !== true) throw new NotFoundError();
  return disclose({ id });
}
