// Destroying a patient's record: asked for by one person, carried out when another approves, never while it is held. The
// database decides (migration 0009) and destroys in the transaction of the event that says so.
import type { Grant } from '@salus/policy';
import {
  type NewShredding,
  type Page,
  type PageRequest,
  type Shredding,
  type ShreddingId,
  shredding,
} from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../call.ts';
import { type Disclosed, disclose } from '../disclosed.ts';
import { NotFoundError, RefusedError } from '../errors.ts';
import { disclosePageOf } from '../page.ts';
import { shreddings } from '../tables/shredding.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../trail.ts';
import { uuidV7 } from '../uuid-v7.ts';

/** @throws DatabaseError `conflict` when one is open for this patient, `not_permitted` when there is no such patient */
export async function requestShredding(
  call: Call,
  grant: Grant<'shredding'>,
  { patientId, reason }: NewShredding,
): Promise<Disclosed<{ id: ShreddingId }>> {
  const id = shredding.schema.shape.id.parse(uuidV7(call.now()));
  await decide(call, grant, {
    id,
    type: 'shredding.create',
    decision: sql`
      insert into ${shreddings} (organization_id, id, patient_id, reason, requested_by)
      select organization_id, ${id}::uuid, ${patientId}::uuid, ${reason}, user_id from salus.context()
      returning 'success' as outcome, patient_id, reason`,
  });
  return disclose({ id });
}

/**
 * Destroys the record that a request names. Another person than the requester does it.
 * @throws NotFoundError, RefusedError `second_person_required` or `legal_hold`, DatabaseError
 */
export async function approveShredding(
  call: Call,
  grant: Grant<'shredding'>,
  id: ShreddingId,
): Promise<Disclosed<{ id: ShreddingId }>> {
  await decide(call, grant, {
    id,
    type: 'shredding.update',
    decision: sql`select outcome, patient_id, reason from salus.shred(${id}::uuid)`,
  });
  return disclose({ id });
}

/** Takes a request back. @throws NotFoundError when none is open, DatabaseError */
export async function cancelShredding(
  call: Call,
  grant: Grant<'shredding'>,
  id: ShreddingId,
): Promise<Disclosed<{ id: ShreddingId }>> {
  await decide(call, grant, {
    id,
    type: 'shredding.delete',
    decision: sql`
      update ${shreddings} s set decided_by = c.user_id, decided_at = now(), outcome = 'cancelled'
        from salus.context() c
       where (s.organization_id, s.id) = (c.organization_id, ${id}::uuid) and s.decided_at is null
      returning 'success' as outcome, s.patient_id, s.reason`,
  });
  return disclose({ id });
}

/** Requests, the newest first, whether decided or not. @throws CursorError, DatabaseError */
export function listShreddings(
  call: Call,
  grant: Grant<'shredding'>,
  page: PageRequest,
): Promise<Disclosed<Page<Shredding>>> {
  return disclosePageOf(call, grant, page, { resource: shredding, type: 'shredding.list' });
}

interface Decision {
  readonly id: ShreddingId;
  readonly type: 'shredding.create' | 'shredding.update' | 'shredding.delete';
  /** A statement with at most one row: outcome, patient_id, reason. */
  readonly decision: SQL;
}

async function decide(
  call: Call,
  grant: Grant<'shredding'>,
  { id, type, decision }: Decision,
): Promise<void> {
  const { current } = await call.keyring.organization(grant.subject.organizationId);
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with decided as (${decision})
      select decided.outcome, ${recordEvents({
        type,
        resource: 'shredding',
        fields: grant.fields,
        origin: await sealOrigin(call, current),
        outcome: sql`case when decided.outcome in ('success', 'shredded') then 'success' else 'denied' end`,
        patientId: sql`decided.patient_id`,
        resourceId: sql`${id}::uuid`,
        // Why it was refused is told to whoever asks, and not in the log: of a hold the patient is not to know.
        details: sql`
          jsonb_build_object('reason', coalesce(decided.reason, 'not_found'), 'decision',
            case when decided.outcome in ('second_person_required', 'legal_hold') then 'refused' else decided.outcome end)`,
      })} as events from (select) one left join decided on true`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  switch (answer?.outcome) {
    case 'success':
    case 'shredded':
      return;
    case 'second_person_required':
    case 'legal_hold':
      throw new RefusedError(answer.outcome);
    default:
      throw new NotFoundError();
  }
}
