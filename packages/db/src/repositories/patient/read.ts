// One patient. A record that is not there and one that is not the caller's get the same answer, and the same audit row.
import type { Grant } from '@salus/policy';
import type { DisclosedPatient, PatientId } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../../call.ts';
import { type Disclosed, disclose } from '../../disclosed.ts';
import { NotFoundError, RefusedError } from '../../errors.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../../trail.ts';
import { openPatient, selectPatients, selectShredded, withAlways } from './stored.ts';

/**
 * @returns the granted fields of the record
 * @throws NotFoundError, RefusedError `gone`, DatabaseError, IntegrityError
 */
export async function readPatient(
  call: Call,
  grant: Grant<'patient'>,
  id: PatientId,
): Promise<Disclosed<DisclosedPatient>> {
  const keys = await call.keyring.organization(grant.subject.organizationId);
  const fields = withAlways(grant.fields);
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with page as (${selectPatients(fields, sql`p.id = ${id}::uuid`)}),
      gone as (${selectShredded(id)}),
      events as (${recordEvents({
        type: 'patient.read',
        resource: 'patient',
        fields,
        origin: await sealOrigin(call, keys.current),
        about: sql`left join page on true left join gone on true`,
        outcome: sql`case when page.id is not null then 'success' when gone.id is not null then 'failed' else 'denied' end`,
        patientId: sql`coalesce(page.id, gone.id)`,
        resourceId: sql`${id}::uuid`,
        details: sql`case when page.id is not null then null::jsonb
                          when gone.id is not null then '{"reason":"gone"}' else '{"reason":"not_found"}' end`,
      })})
      select (select to_jsonb(page) from page) as patient, exists (select from gone) as gone,
             (select jsonb_agg(event) from events) as events`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  if (answer?.gone) throw new RefusedError('gone');
  if (!answer?.patient) throw new NotFoundError();
  return disclose(await openPatient(call, keys, rowOf(answer.patient), fields));
}

function rowOf(json: unknown): Readonly<Record<string, unknown>> {
  return Object(json);
}
