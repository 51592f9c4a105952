// A patient as it comes out of the database: the granted columns, some still sealed, and the key that opens them.
import type { SealingKey } from '@salus/crypto';
import { type DisclosedPatient, type PatientField, type PatientId, patient, patientId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { bytesOf } from '../../bytea.ts';
import type { Call } from '../../call.ts';
import type { OrganizationKeys } from '../../keyring.ts';
import { openFields, selectFields } from '../../sealed-record.ts';
import { patientKeys, patients } from '../../tables/patient.ts';

/** What stands in every answer, so that a record can be named and changed. */
const ALWAYS = ['id', 'version'] as const satisfies PatientField[];

/** The fields to select for what was granted. */
export function withAlways(granted: readonly PatientField[]): PatientField[] {
  return [...new Set([...ALWAYS, ...granted])];
}

/** `select <fields>, key from patients p` with the wrapped key of each. Row security decides which rows there are. */
export function selectPatients(fields: readonly PatientField[], where: SQL): SQL {
  return sql`
    select ${selectFields(patient, fields, 'p')}, k.wrapped::text as "wrappedKey", k.version as "keyVersion",
           k.organization_key_version as "wrappingVersion"
      from ${patients} p
      join ${patientKeys} k on (k.organization_id, k.patient_id, k.version) = (p.organization_id, p.id, p.key_version)
     where p.organization_id = (select (salus.context()).organization_id) and ${where}`;
}

/** `select id from patients p` when the record was shredded, and is one that the caller could see otherwise. */
export function selectShredded(id: PatientId): SQL {
  return sql`
    select p.id from ${patients} p
     where (p.organization_id, p.id) = ((select (salus.context()).organization_id), ${id}::uuid)
       and p.shredded_at is not null`;
}

/** Opens the fields of a row that `selectPatients` selected. @throws IntegrityError */
export async function openPatient(
  call: Call,
  keys: OrganizationKeys,
  row: Readonly<Record<string, unknown>>,
  fields: readonly PatientField[],
): Promise<DisclosedPatient> {
  const id = patientId.parse(row.id);
  const key = await patientKeyOf(call, keys, row);
  const { organization } = keys;
  const opened = await openFields(patient, fields, row, { organization, key, rowId: id });
  // What was sealed came out of this schema, and the tag says that it is still that; what leaves is parsed by the procedure.
  return opened as DisclosedPatient;
}

/** The key of a row that `selectPatients` selected. @throws IntegrityError */
export function patientKeyOf(
  call: Call,
  keys: OrganizationKeys,
  row: Readonly<Record<string, unknown>>,
): Promise<SealingKey> {
  return call.keyring.patient(keys.organization, patientId.parse(row.id), {
    wrapped: bytesOf(row.wrappedKey),
    version: Number(row.keyVersion),
    organizationKeyVersion: Number(row.wrappingVersion),
  });
}
