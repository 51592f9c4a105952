// Patients' keys that an earlier version of the organization's key wraps, wrapped by the present one. Records are not
// touched. Each batch is a transaction, and what is left to do is what the rows say: run again, it goes on.
import { type Bytes, type KeyProviders, rewrapPatientKey } from '@salus/crypto';
import type { OrganizationId } from '@salus/schema';
import { bytesOf } from '../bytea.ts';
import type { OrganizationKeys } from '../keyring.ts';
import type { SqlConnection } from '../migrate.ts';
import { hexadecimal } from '../owner.ts';
import { doBatch, type Row } from './batch.ts';
import { type Batch, inBatches, type JobOptions, type Progress, START } from './progress.ts';

/** A patient's id and the version of the key. */
type Position = readonly [string, number];

const OUTDATED = `organization_id = $1
  and organization_key_version < (select max(version) from salus.organization_keys where organization_id = $1)`;

/** @throws KeyError, KeyProviderError */
export function rewrapPatientKeys(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
  { batch }: JobOptions,
): AsyncGenerator<Progress> {
  return inBatches<Position>(connection, providers, organization, {
    outdated: `patient_keys where ${OUTDATED}`,
    start: [START, 0],
    next: (keys, after) => rewrapBatch(connection, keys, after, batch),
  });
}

async function rewrapBatch(
  connection: SqlConnection,
  keys: OrganizationKeys,
  after: Position,
  atMost: number,
): Promise<Batch<Position> | null> {
  const { rows } = await connection.query(
    `select patient_id, version, organization_key_version, wrapped::text as wrapped from salus.patient_keys
      where ${OUTDATED} and (patient_id, version) > ($2, $3)
      order by patient_id, version limit $4 for update`,
    [keys.organization, ...after, atMost],
  );
  const last = rows.at(-1);
  if (!last) return null;
  const counts = await doBatch(connection, rows, {
    organization: keys.organization,
    event: { type: 'patient_key.rewrap', details: { version: keys.current.version } },
    rewrite: async (row) => ({ ...nameOf(row), wrapped: await rewrapped(keys, row) }),
    write: (rewritten) => write(connection, keys, rewritten),
    failure: (row) => ({
      resourceId: String(row.patient_id),
      details: { reason: 'key_does_not_open', version: Number(row.version) },
    }),
  });
  const { patient, version } = nameOf(last);
  return { ...counts, last: [patient, version] };
}

function nameOf(row: Row) {
  return { patient: String(row.patient_id), version: Number(row.version) };
}

/** @throws IntegrityError */
async function rewrapped(keys: OrganizationKeys, row: Row): Promise<Bytes> {
  const from = await keys.version(Number(row.organization_key_version));
  return rewrapPatientKey(from, keys.current, nameOf(row), bytesOf(row.wrapped));
}

function write(
  connection: SqlConnection,
  keys: OrganizationKeys,
  rewritten: readonly { readonly patient: string; readonly version: number; readonly wrapped: Bytes }[],
): Promise<unknown> {
  return connection.query(
    `update salus.patient_keys k set wrapped = n.wrapped, organization_key_version = $2
       from unnest($3::uuid[], $4::integer[], $5::bytea[]) as n (patient_id, version, wrapped)
      where (k.organization_id, k.patient_id, k.version) = ($1, n.patient_id, n.version)`,
    [
      keys.organization,
      keys.current.version,
      rewritten.map(({ patient }) => patient),
      rewritten.map(({ version }) => version),
      rewritten.map(({ wrapped }) => hexadecimal(wrapped)),
    ],
  );
}
