// One patient. A record that is not there and one that is not the caller's get the same answer, and the same audit row.
import type { Grant } from '@salus/policy';
import type { DisclosedPatient, PatientId } from '@salus/schema';
import { sql } from 'drizzle-orm';
import type { Call } from '../../call.ts';
import { type Disclosed, disclose } from '../../disclosed.ts';
import { NotFoundError, RefusedError } from '../../errors.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../../trail.ts';
import { openPatient, rowOf, visiblePatient, withAlways } from './stored.ts';

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
  const [[answer] = []] = await call.database.transaction([
    sql`
      select to_json(v) as found, ${recordEvents({
        type: 'patient.read',
        resource: 'patient',
        fields,
        origin: await sealOrigin(call, keys.current),
        outcome: sql`case when v.gone then 'failed' when v.id is not null then 'success' else 'denied' end`,
        patientId: sql`v.id`,
        resourceId: sql`${id}::uuid`,
        details: sql`case when v.gone then '{"reason":"gone"}' when v.id is null then '{"reason":"not_found"}' end::jsonb`,
      })} as events
        from ${visiblePatient(call, grant, fields, id)}`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  const row = rowOf(answer?.found, fields);
  if (!row.id) throw new NotFoundError();
  if (row.gone) throw new RefusedError('gone');
  return disclose(await openPatient(call, keys, row, fields));
}
