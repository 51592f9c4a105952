// Legal holds: placed and released by whoever answers for them, and asked by whatever would destroy something.
import type { Grant } from '@salus/policy';
import {
  type LegalHold,
  type LegalHoldId,
  legalHold,
  type NewLegalHold,
  type Page,
  type PageRequest,
} from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../bytea.ts';
import { beginRequest, type Call } from '../call.ts';
import { type Disclosed, disclose } from '../disclosed.ts';
import { NotFoundError } from '../errors.ts';
import { disclosePageOf } from '../page.ts';
import { sealFields } from '../sealed-record.ts';
import { legalHolds } from '../tables/legal-hold.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../trail.ts';
import { uuidV7 } from '../uuid-v7.ts';

/** In force at once. @throws DatabaseError `not_permitted` when there is no such patient */
export async function placeLegalHold(
  call: Call,
  grant: Grant<'legal_hold'>,
  hold: NewLegalHold,
): Promise<Disclosed<{ id: LegalHoldId }>> {
  const { organizationId } = grant.subject;
  const { current } = await call.keyring.organization(organizationId);
  const id = legalHold.schema.shape.id.parse(uuidV7(call.now()));
  const home = { organization: organizationId, key: current.accountKey, rowId: id };
  const sealed = await sealFields(legalHold, ['matter'], hold, home);
  await change(call, grant, {
    type: 'legal_hold.create',
    statement: sql`
      insert into ${legalHolds} (organization_id, id, patient_id, reason, matter, placed_by)
      select organization_id, ${id}::uuid, ${hold.patientId ?? null}::uuid, ${hold.reason},
             ${byteaParameter(sealed.get('matter') ?? null)}, user_id from salus.context()
      returning id`,
  });
  return disclose({ id });
}

/** @throws NotFoundError when no such hold is in force, DatabaseError */
export async function releaseLegalHold(
  call: Call,
  grant: Grant<'legal_hold'>,
  id: LegalHoldId,
): Promise<Disclosed<{ id: LegalHoldId }>> {
  const released = await change(call, grant, {
    type: 'legal_hold.update',
    statement: sql`
      update ${legalHolds} h set released_by = c.user_id, released_at = now()
        from salus.context() c
       where (h.organization_id, h.id) = (c.organization_id, ${id}::uuid) and h.released_at is null
      returning h.id`,
  });
  if (!released) throw new NotFoundError();
  return disclose({ id });
}

/** Holds, the newest first, whether in force or released. @throws CursorError, DatabaseError, IntegrityError */
export function listLegalHolds(
  call: Call,
  grant: Grant<'legal_hold'>,
  page: PageRequest,
): Promise<Disclosed<Page<LegalHold>>> {
  return disclosePageOf(call, grant, page, { resource: legalHold, type: 'legal_hold.list' });
}

interface Change {
  readonly type: 'legal_hold.create' | 'legal_hold.update';
  /** A statement with at most one row: id. */
  readonly statement: SQL;
}

/** Says whether there was something to change. */
async function change(call: Call, grant: Grant<'legal_hold'>, { type, statement }: Change): Promise<boolean> {
  const { current } = await call.keyring.organization(grant.subject.organizationId);
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with changed as (${statement})
      select exists (select from changed) as changed, ${recordEvents({
        type,
        resource: 'legal_hold',
        fields: grant.fields,
        origin: await sealOrigin(call, current),
        outcome: sql`case when changed.id is null then 'denied' else 'success' end`,
        // Anybody may read the log, and whom a hold is about may be under investigation: that stands in the record alone. An id
        // that is no hold's may be theirs.
        patientId: sql`null::uuid`,
        resourceId: sql`changed.id`,
        details: sql`case when changed.id is null then '{"reason":"not_found"}'::jsonb end`,
      })} as events from (select) one left join changed on true`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  return answer?.changed === true;
}
