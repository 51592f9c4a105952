// Who takes part in whose care. Row security decides who may change it; a change that it forbids, and one about a patient
// or a user that does not exist, are the same `not_permitted`.
import type { EventType } from '@salus/audit';
import type { Grant } from '@salus/policy';
import type { CareTeamMember } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../call.ts';
import { type Disclosed, disclose } from '../disclosed.ts';
import { NotFoundError } from '../errors.ts';
import { careTeam } from '../tables/care-team.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../trail.ts';

/** Puts a clinician on a patient's care team; once there, again changes nothing. @throws DatabaseError */
export async function assignToCareTeam(
  call: Call,
  grant: Grant<'care_team'>,
  member: CareTeamMember,
): Promise<Disclosed<CareTeamMember>> {
  const { organizationId, userId } = grant.subject;
  await change(
    call,
    grant,
    member,
    'care_team.create',
    sql`
      insert into ${careTeam} (organization_id, patient_id, user_id, assigned_by)
      values (${organizationId}::uuid, ${member.patientId}::uuid, ${member.userId}::uuid, ${userId}::uuid)
      on conflict do nothing returning patient_id`,
  );
  return disclose(member);
}

/** Takes a user off a patient's care team. @throws NotFoundError, DatabaseError */
export async function removeFromCareTeam(
  call: Call,
  grant: Grant<'care_team'>,
  member: CareTeamMember,
): Promise<Disclosed<CareTeamMember>> {
  const changed = await change(
    call,
    grant,
    member,
    'care_team.delete',
    sql`
      delete from ${careTeam} t
       where (t.organization_id, t.patient_id, t.user_id)
           = (${grant.subject.organizationId}::uuid, ${member.patientId}::uuid, ${member.userId}::uuid)
      returning t.patient_id`,
  );
  if (!changed) throw new NotFoundError();
  return disclose(member);
}

async function change(
  call: Call,
  grant: Grant<'care_team'>,
  member: CareTeamMember,
  type: Extract<EventType, `care_team.${string}`>,
  statement: SQL,
): Promise<boolean> {
  const { current } = await call.keyring.organization(grant.subject.organizationId);
  // Assigning somebody who is there already is a success that changed nothing.
  const unchanged = type === 'care_team.create' ? sql`'success'` : sql`'denied'`;
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with changed as (${statement})
      select exists (select from changed) as changed, ${recordEvents({
        type,
        resource: 'care_team',
        fields: ['userId'],
        origin: await sealOrigin(call, current),
        outcome: sql`case when changed.patient_id is null then ${unchanged} else 'success' end`,
        patientId: sql`changed.patient_id`,
        resourceId: sql`${member.patientId}::uuid`,
        details: sql`jsonb_build_object('userId', ${member.userId}::text, 'changed', changed.patient_id is not null)`,
      })} as events from (select) one left join changed on true`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  return answer?.changed === true;
}
