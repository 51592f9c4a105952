// A patient as it comes out of the database: the granted columns, some still sealed, and the key that opens them.
import type { SealingKey } from '@salus/crypto';
import type { Grant } from '@salus/policy';
import { type DisclosedPatient, type PatientField, type PatientId, patient, patientId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { bytesOf } from '../../bytea.ts';
import { type Call, inRequest } from '../../call.ts';
import { columnName } from '../../columns.ts';
import type { Row } from '../../database.ts';
import type { OrganizationKeys } from '../../keyring.ts';
import { openFields, selectFields } from '../../sealed-record.ts';

/** What stands in every answer, so that a record can be named and changed. */
const ALWAYS = ['id', 'version'] as const satisfies PatientField[];

/** The fields to select for what was granted. */
export function withAlways(granted: readonly PatientField[]): PatientField[] {
  return [...new Set([...ALWAYS, ...granted])];
}

/**
 * The named fields of those patients that the caller may see, with the wrapped key of each. A shredded one is there, is `gone`
 * and has no key. Row security decides which there are.
 * @param ids an array
 */
export function selectPatients(fields: readonly PatientField[], ids: SQL): SQL {
  return sql`
    select ${selectFields(patient, fields, '(v.patient)')}, (v.patient).shredded_at is not null as gone,
           (v.key).wrapped::text as "wrappedKey", (v.key).version as "keyVersion",
           (v.key).organization_key_version as "wrappingVersion"
      from salus.visible_patients(${ids}) v`;
}

/**
 * A `from` that begins the request and then finds the named fields of one patient, as `v`: one row, whether the caller may see
 * them or not, with `v.id` null where they may not.
 */
export function visiblePatient(
  call: Call,
  { subject, purpose }: Grant<'patient'>,
  fields: readonly PatientField[],
  id: PatientId,
): SQL {
  const columns = sql.param(fields.map(columnName));
  return sql`${inRequest(call, subject, purpose)},
    salus.visible_patient(case when request.begun then ${id}::uuid end, ${columns}::text[]) v`;
}

/** What `selectPatients` would have selected, of `to_json(v)` of `visiblePatient`. */
export function rowOf(found: unknown, fields: readonly PatientField[]): Row {
  const { id, gone, patient, wrapped_key, key_version, wrapping_version } = Object(found);
  const stored = Object(patient);
  return {
    ...Object.fromEntries(fields.map((field) => [field, stored[columnName(field)]])),
    id,
    gone,
    wrappedKey: wrapped_key,
    keyVersion: key_version,
    wrappingVersion: wrapping_version,
  };
}

/** Opens the fields of a row that `selectPatients` selected. @throws IntegrityError */
export async function openPatient(
  call: Call,
  keys: OrganizationKeys,
  row: Row,
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
export function patientKeyOf(call: Call, keys: OrganizationKeys, row: Row): Promise<SealingKey> {
  return call.keyring.patient(keys.organization, patientId.parse(row.id), {
    wrapped: bytesOf(row.wrappedKey),
    version: Number(row.keyVersion),
    organizationKeyVersion: Number(row.wrappingVersion),
  });
}
