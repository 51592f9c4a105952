// One patient. A record that is not there and one that is not the caller's get the same answer, and the same audit row.
import type { Grant } from '@salus/policy';
import type { DisclosedPatient, PatientId } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../../call.ts';
import { type Disclosed, disclose } from '../../disclosed.ts';
import { NotFoundError, RefusedError } from '../../errors.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../../trail.ts';
import { openPatient, selectPatients, withAlways } from './stored.ts';

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
      with page as (${selectPatients(fields, sql`array[${id}::uuid]`)})
      select row_to_json(page) as patient, ${recordEvents({
        type: 'patient.read',
        resource: 'patient',
        fields,
        origin: await sealOrigin(call, keys.current),
        outcome: sql`case when page.gone then 'failed' when page.id is not null then 'success' else 'denied' end`,
        patientId: sql`page.id`,
        resourceId: sql`${id}::uuid`,
        details: sql`case when page.gone then '{"reason":"gone"}' when page.id is null then '{"reason":"not_found"}' end::jsonb`,
      })} as events from (select) one left join page on true`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  if (!answer?.patient) throw new NotFoundError();
  const row = rowOf(answer.patient);
  if (row.gone) throw new RefusedError('gone');
  return disclose(await openPatient(call, keys, row, fields));
}

function rowOf(json: unknown): Readonly<Record<string, unknown>> {
  return Object(json);
}
