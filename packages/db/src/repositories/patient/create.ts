// A new patient: a new key, everything sealed under it, and the row that says who made it, in one transaction. The key is
// made here, so that nothing has to be asked of the database first.
import { createPatientKey } from '@salus/crypto';
import type { Grant } from '@salus/policy';
import { type NewPatient, type Patient, patient, patientId, sealedFields } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../../bytea.ts';
import { beginRequest, type Call } from '../../call.ts';
import { holdKeys, withCurrentKeys } from '../../current-keys.ts';
import { type Disclosed, disclose } from '../../disclosed.ts';
import type { OrganizationKeys } from '../../keyring.ts';
import { indexesOver, sealFields } from '../../sealed-record.ts';
import { patientKeys, patients } from '../../tables/patient.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../../trail.ts';
import { uuidV7 } from '../../uuid-v7.ts';
import { refuseTakenNumber } from './medical-record-number.ts';

const FIRST_VERSION = 1;

/** @throws DatabaseError `conflict` when the organization has a patient with this medical record number */
export function createPatient(
  call: Call,
  grant: Grant<'patient'>,
  record: NewPatient,
): Promise<Disclosed<Patient>> {
  return withCurrentKeys(call, grant.subject.organizationId, (keys) => create(call, grant, record, keys));
}

async function create(
  call: Call,
  grant: Grant<'patient'>,
  record: NewPatient,
  keys: OrganizationKeys,
): Promise<Disclosed<Patient>> {
  const { organizationId, userId } = grant.subject;
  const { current } = keys;
  const id = patientId.parse(uuidV7(call.now()));
  const { key, wrapped } = await createPatientKey(current, { patient: id, version: FIRST_VERSION });

  const fields = sealedFields(patient);
  const sealed = await sealFields(patient, fields, record, { organization: organizationId, key, rowId: id });
  const columns = new Map([...sealed, ...(await indexesOver(patient, fields, record, current))]);
  const given = Object.keys(record);

  const results = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    holdKeys(keys, { id, keyVersion: FIRST_VERSION }),
    ...(await refuseTakenNumber(keys, record)),
    sql`
      insert into ${patients} (organization_id, id, version, created_by, key_version, organization_key_version,
                               ${names(columns.keys())})
      values (${organizationId}::uuid, ${id}::uuid, ${FIRST_VERSION}, ${userId}::uuid, ${key.version}, ${current.version},
              ${sql.join([...columns.values()].map(byteaParameter), sql`, `)})`,
    sql`
      insert into ${patientKeys} (organization_id, patient_id, version, organization_key_version, wrapped)
      values (${organizationId}::uuid, ${id}::uuid, ${key.version}, ${current.version}, ${byteaParameter(wrapped)})`,
    sql`select ${recordEvents({
      type: 'patient.create',
      resource: 'patient',
      fields: given,
      origin: await sealOrigin(call, current),
      outcome: sql`'success'`,
      patientId: sql`${id}::uuid`,
      resourceId: sql`${id}::uuid`,
      changes: changesTo(sealed),
    })} as events`,
  ]);
  call.committed(auditRowsOf(results.at(-1)?.[0]?.events));
  call.keyring.keepPatient(organizationId, id, key);
  return disclose({ ...record, id, version: FIRST_VERSION });
}

/** `{ "<column>": { "new": "<ciphertext in Base 64>" } }` for what has a value. */
function changesTo(sealed: ReadonlyMap<string, Parameters<typeof byteaParameter>[0]>): SQL {
  const pairs = [...sealed].flatMap(([column, bytes]) =>
    bytes ? [sql`${column}::text, jsonb_build_object('new', salus.base64(${byteaParameter(bytes)}))`] : [],
  );
  return sql`jsonb_build_object(${sql.join(pairs, sql`, `)})`;
}

function names(columns: Iterable<string>): SQL {
  return sql.join(
    [...columns].map((name) => sql.identifier(name)),
    sql`, `,
  );
}
