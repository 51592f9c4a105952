// Patients' keys that an earlier version of the organization's key wraps, wrapped by the present one. Records are not
// touched. Each batch is a transaction, and what is left to do is what the rows say: run again, it goes on.
import { IntegrityError, type KeyProviders, rewrapPatientKey } from '@salus/crypto';
import type { OrganizationId } from '@salus/schema';
import { bytesOf } from '../bytea.ts';
import type { OrganizationKeys } from '../keyring.ts';
import type { SqlConnection } from '../migrate.ts';
import { asOwner, hexadecimal, recordAsOwner } from '../owner.ts';
import { type Batch, inBatches, type JobOptions, type Progress, START } from './progress.ts';
import { heldKeys } from './stored.ts';

type Row = Record<string, unknown>;
/** A patient's id and the version of the key. */
type Position = readonly [string, number];

/** @throws KeyError, KeyProviderError */
export async function* rewrapPatientKeys(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
  { batch }: JobOptions,
): AsyncGenerator<Progress> {
  const total = await remaining(connection, organization);
  yield* inBatches<Position>(total, [START, 0], (after) =>
    asOwner(connection, async () =>
      rewrapBatch(connection, await heldKeys(connection, providers, organization), after, batch),
    ),
  );
}

async function remaining(connection: SqlConnection, organization: OrganizationId): Promise<number> {
  const { rows } = await asOwner(connection, () =>
    connection.query(
      `select count(*) as n from salus.patient_keys
        where organization_id = $1
          and organization_key_version < (select max(version) from salus.organization_keys where organization_id = $1)`,
      [organization],
    ),
  );
  return Number(rows[0]?.n);
}

async function rewrapBatch(
  connection: SqlConnection,
  keys: OrganizationKeys,
  after: Position,
  atMost: number,
): Promise<Batch<Position> | null> {
  const { rows } = await connection.query(
    `select patient_id, version, organization_key_version, wrapped::text as wrapped from salus.patient_keys
      where organization_id = $1 and organization_key_version < $2 and (patient_id, version) > ($3, $4)
      order by patient_id, version limit $5 for update`,
    [keys.organization, keys.current.version, ...after, atMost],
  );
  const last = rows.at(-1);
  if (!last) return null;
  const rewrapped = await Promise.all(rows.map((row) => rewrapOne(keys, row)));
  const kept = rows.flatMap((row, at) => {
    const wrapped = rewrapped[at];
    return wrapped ? [{ ...row, wrapped }] : [];
  });
  await keep(connection, keys, kept);
  for (const row of rows.filter((_, at) => !rewrapped[at])) {
    await recordAsOwner(connection, {
      organization: keys.organization,
      type: 'integrity.failed',
      resourceId: String(row.patient_id),
      outcome: 'failed',
      details: { reason: 'key_does_not_open', version: Number(row.version) },
    });
  }
  const done = kept.length;
  return { done, failed: rows.length - done, last: [String(last.patient_id), Number(last.version)] };
}

/** Null when the key does not open: it is left for a person to look at. */
async function rewrapOne(keys: OrganizationKeys, row: Row): Promise<string | null> {
  const from = await keys.version(Number(row.organization_key_version));
  const name = { patient: String(row.patient_id), version: Number(row.version) };
  try {
    return hexadecimal(await rewrapPatientKey(from, keys.current, name, bytesOf(row.wrapped)));
  } catch (error) {
    if (error instanceof IntegrityError) return null;
    throw error;
  }
}

async function keep(connection: SqlConnection, keys: OrganizationKeys, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  await connection.query(
    `update salus.patient_keys k set wrapped = n.wrapped, organization_key_version = $2
       from unnest($3::uuid[], $4::integer[], $5::bytea[]) as n (patient_id, version, wrapped)
      where (k.organization_id, k.patient_id, k.version) = ($1, n.patient_id, n.version)`,
    [
      keys.organization,
      keys.current.version,
      rows.map(({ patient_id }) => patient_id),
      rows.map(({ version }) => version),
      rows.map(({ wrapped }) => wrapped),
    ],
  );
  await recordAsOwner(connection, {
    organization: keys.organization,
    type: 'patient_key.rewrap',
    resourceId: keys.organization,
    details: { count: rows.length, version: keys.current.version },
  });
}
