// Records that were sealed before the organization's present key came into force, sealed anew: each patient gets a new key,
// every field is sealed under it, and the blind indexes are made anew. The key before is kept for what the audit trail
// holds of the record. Each batch is a transaction, and what is left to do is what the rows say: run again, it goes on.
import { createPatientKey, IntegrityError, type KeyProviders, unwrapPatientKey } from '@salus/crypto';
import { type OrganizationId, patient, sealedFields } from '@salus/schema';
import { bytesOf } from '../bytea.ts';
import { columnName } from '../columns.ts';
import type { OrganizationKeys } from '../keyring.ts';
import type { SqlConnection } from '../migrate.ts';
import { asOwner, hexadecimal, recordAsOwner } from '../owner.ts';
import { indexesOver, openFields, sealFields } from '../sealed-record.ts';
import { type Batch, inBatches, type JobOptions, type Progress, START } from './progress.ts';
import { heldKeys } from './stored.ts';

type Row = Record<string, unknown>;

const FIELDS = sealedFields(patient);

/** @throws KeyError, KeyProviderError */
export async function* resealPatients(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
  { batch }: JobOptions,
): AsyncGenerator<Progress> {
  const total = await remaining(connection, organization);
  yield* inBatches(total, START, (after) =>
    asOwner(connection, async () =>
      resealBatch(connection, await heldKeys(connection, providers, organization), after, batch),
    ),
  );
}

async function remaining(connection: SqlConnection, organization: OrganizationId): Promise<number> {
  const { rows } = await asOwner(connection, () =>
    connection.query(
      `select count(*) as n from salus.patients
        where organization_id = $1
          and shredded_at is null
          and organization_key_version < (select max(version) from salus.organization_keys where organization_id = $1)`,
      [organization],
    ),
  );
  return Number(rows[0]?.n);
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
      where p.organization_id = $1 and p.organization_key_version < $2 and p.id > $3
      order by p.id limit $4 for update of p`,
    [keys.organization, keys.current.version, after, atMost],
  );
  const last = rows.at(-1);
  if (!last) return null;
  let done = 0;
  for (const row of rows) if (await resealOne(connection, keys, row)) done += 1;
  if (done > 0) {
    await recordAsOwner(connection, {
      organization: keys.organization,
      type: 'patient_key.reseal',
      resourceId: keys.organization,
      details: { count: done, version: keys.current.version },
    });
  }
  return { done, failed: rows.length - done, last: String(last.id) };
}

/** Says whether the record opened. One that does not is left as it is. */
async function resealOne(connection: SqlConnection, keys: OrganizationKeys, row: Row): Promise<boolean> {
  const id = String(row.id);
  try {
    const values = await openRecord(keys, row);
    const version = Number(row.key_version) + 1;
    const { key, wrapped } = await createPatientKey(keys.current, { patient: id, version });
    const sealed = await sealFields(patient, FIELDS, values, {
      organization: keys.organization,
      key,
      rowId: id,
    });
    const columns = new Map([...sealed, ...(await indexesOver(patient, FIELDS, values, keys.current))]);
    const names = [...columns.keys()].map((name, at) => `${name} = $${at + 5}`);
    await connection.query(
      `insert into salus.patient_keys (organization_id, patient_id, version, organization_key_version, wrapped)
       values ($1, $2, $3, $4, $5)`,
      [keys.organization, id, version, keys.current.version, hexadecimal(wrapped)],
    );
    await connection.query(
      `update salus.patients set key_version = $3, organization_key_version = $4, ${names.join(', ')}
        where (organization_id, id) = ($1, $2)`,
      [keys.organization, id, version, keys.current.version, ...[...columns.values()].map(hexadecimal)],
    );
    return true;
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    await recordAsOwner(connection, {
      organization: keys.organization,
      type: 'integrity.failed',
      resourceId: id,
      outcome: 'failed',
      details: { reason: 'record_does_not_open', version: Number(row.key_version) },
    });
    return false;
  }
}

/** @throws IntegrityError */
async function openRecord(keys: OrganizationKeys, row: Row): Promise<Record<string, unknown>> {
  const wrapping = await keys.version(Number(row.organization_key_version));
  const name = { patient: String(row.id), version: Number(row.key_version) };
  const key = await unwrapPatientKey(wrapping, name, bytesOf(row.wrapped));
  return openFields(patient, FIELDS, row, { organization: keys.organization, key, rowId: name.patient });
}
