// Records that were sealed before the organization's present key came into force, sealed anew: each patient gets a new key,
// every field is sealed under it, and the blind indexes are made anew. The key before is kept for what the audit trail
// holds of the record. Each batch is a transaction, and what is left to do is what the rows say: run again, it goes on.
import { type Bytes, createPatientKey, type KeyProviders, unwrapPatientKey } from '@salus/crypto';
import { type OrganizationId, patient, sealedFields } from '@salus/schema';
import { bytesOf } from '../bytea.ts';
import { columnName } from '../columns.ts';
import type { OrganizationKeys } from '../keyring.ts';
import type { SqlConnection } from '../migrate.ts';
import { hexadecimal } from '../owner.ts';
import { indexesOver, openFields, sealFields } from '../sealed-record.ts';
import { doBatch, type Rewritten, type Row, updateRows } from './batch.ts';
import { type Batch, inBatches, type JobOptions, type Progress, START } from './progress.ts';

const FIELDS = sealedFields(patient);

const OUTDATED = `p.organization_id = $1 and p.shredded_at is null
  and p.organization_key_version < (select max(version) from salus.organization_keys where organization_id = $1)`;

/** @throws KeyError, KeyProviderError */
export function resealPatients(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
  { batch }: JobOptions,
): AsyncGenerator<Progress> {
  return inBatches(connection, providers, organization, {
    outdated: `patients p where ${OUTDATED}`,
    start: START,
    next: (keys, after) => resealBatch(connection, keys, after, batch),
  });
}

async function resealBatch(
  connection: SqlConnection,
  keys: OrganizationKeys,
  after: string,
  atMost: number,
): Promise<Batch<string> | null> {
  const columns = FIELDS.map((field) => `p.${columnName(field)}::text as "${field}"`);
  const { rows } = await connection.query(
    `select p.id, p.key_version, k.organization_key_version, k.wrapped::text as wrapped, ${columns.join(', ')}
       from salus.patients p
       join salus.patient_keys k
         on (k.organization_id, k.patient_id, k.version) = (p.organization_id, p.id, p.key_version)
      where ${OUTDATED} and p.id > $2 order by p.id limit $3 for update of p`,
    [keys.organization, after, atMost],
  );
  const last = rows.at(-1);
  if (!last) return null;
  const counts = await doBatch(connection, rows, {
    organization: keys.organization,
    event: { type: 'patient_key.reseal', details: { version: keys.current.version } },
    rewrite: (row) => resealed(keys, row),
    write: async (rewritten) => {
      await insertKeys(connection, keys, rewritten);
      await updateRows(connection, patient.table, keys.organization, rewritten);
    },
    failure: (row) => ({
      resourceId: String(row.id),
      details: { reason: 'record_does_not_open', version: Number(row.key_version) },
    }),
  });
  return { ...counts, last: String(last.id) };
}

interface Resealed extends Rewritten {
  readonly wrapped: Bytes;
  readonly versions: { readonly key_version: number; readonly organization_key_version: number };
}

/** @throws IntegrityError */
async function resealed(keys: OrganizationKeys, row: Row): Promise<Resealed> {
  const { organization, current } = keys;
  const id = String(row.id);
  const before = { patient: id, version: Number(row.key_version) };
  const wrapping = await keys.version(Number(row.organization_key_version));
  const old = await unwrapPatientKey(wrapping, before, bytesOf(row.wrapped));
  const values = await openFields(patient, FIELDS, row, { organization, key: old, rowId: id });

  const version = before.version + 1;
  const { key, wrapped } = await createPatientKey(current, { patient: id, version });
  const fields = await sealFields(patient, FIELDS, values, { organization, key, rowId: id });
  const indexes = await indexesOver(patient, FIELDS, values, current);
  return {
    id,
    wrapped,
    sealed: new Map([...fields, ...indexes]),
    versions: { key_version: version, organization_key_version: current.version },
  };
}

async function insertKeys(
  connection: SqlConnection,
  keys: OrganizationKeys,
  rewritten: readonly Resealed[],
): Promise<void> {
  await connection.query(
    `insert into salus.patient_keys (organization_id, patient_id, version, organization_key_version, wrapped)
     select $1, n.patient_id, n.version, $2, n.wrapped
       from unnest($3::uuid[], $4::integer[], $5::bytea[]) as n (patient_id, version, wrapped)`,
    [
      keys.organization,
      keys.current.version,
      rewritten.map(({ id }) => id),
      rewritten.map(({ versions }) => versions.key_version),
      rewritten.map(({ wrapped }) => hexadecimal(wrapped)),
    ],
  );
}
