// What lies under an organization's account key besides accounts (the matters of legal holds and the like), sealed anew under
// the present one. Which tables those are is read off the resources; how old a value is, off the value itself.
import { IntegrityError, type KeyProviders, keyVersionOf } from '@salus/crypto';
import { type OrganizationId, RESOURCES, type Resource, sealedFields, user } from '@salus/schema';
import { bytesOf } from '../bytea.ts';
import { columnName } from '../columns.ts';
import type { OrganizationKeys } from '../keyring.ts';
import type { SqlConnection } from '../migrate.ts';
import { asOwner, hexadecimal, recordAsOwner } from '../owner.ts';
import { openFields, sealFields } from '../sealed-record.ts';
import { type Batch, inBatches, type JobOptions, type Progress, START } from './progress.ts';
import { heldKeys } from './stored.ts';

type Row = Record<string, unknown>;

/** Tables whose rows are sealed under an organization's account key. Accounts have a job of their own. */
const SEALED_BY_ORGANIZATION: readonly Resource[] = RESOURCES.filter(
  (resource) =>
    resource.sealedUnder === 'account_key' && sealedFields(resource).length > 0 && resource !== user,
);

/** @throws KeyError, KeyProviderError */
export async function* resealOrganization(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
  { batch }: JobOptions,
): AsyncGenerator<Progress> {
  for (const resource of SEALED_BY_ORGANIZATION) {
    const { rows } = await asOwner(connection, () =>
      connection.query(`select count(*) as n from salus.${resource.table} where ${outdated(resource)}`, [
        organization,
      ]),
    );
    yield* inBatches(Number(rows[0]?.n), START, (after) =>
      asOwner(connection, async () => {
        const keys = await heldKeys(connection, providers, organization);
        return resealBatch(connection, { keys, resource }, after, batch);
      }),
    );
  }
}

/** Bytes 2 to 5 of a sealed value are the version of its key. */
function outdated(resource: Resource): string {
  const newest = '(select max(version) from salus.organization_keys where organization_id = $1)';
  const columns = sealedFields(resource).map(
    (field) => `('x' || encode(substr(${columnName(field)}, 2, 4), 'hex'))::bit(32)::integer < ${newest}`,
  );
  return `organization_id = $1 and (${columns.join(' or ')})`;
}

interface Work {
  readonly keys: OrganizationKeys;
  readonly resource: Resource;
}

async function resealBatch(
  connection: SqlConnection,
  { keys, resource }: Work,
  after: string,
  atMost: number,
): Promise<Batch<string> | null> {
  const columns = sealedFields(resource).map((field) => `${columnName(field)}::text as "${field}"`);
  const { rows } = await connection.query(
    `select id, ${columns.join(', ')} from salus.${resource.table}
      where ${outdated(resource)} and id > $2 order by id limit $3 for update`,
    [keys.organization, after, atMost],
  );
  const last = rows.at(-1);
  if (!last) return null;
  let done = 0;
  for (const row of rows) if (await resealOne(connection, { keys, resource }, row)) done += 1;
  if (done > 0) {
    await recordAsOwner(connection, {
      organization: keys.organization,
      type: 'organization.reseal',
      resourceId: keys.organization,
      details: { count: done, version: keys.current.version, table: resource.table },
    });
  }
  return { done, failed: rows.length - done, last: String(last.id) };
}

/** Says whether the row opened. One that does not is left as it is. */
async function resealOne(connection: SqlConnection, { keys, resource }: Work, row: Row): Promise<boolean> {
  const id = String(row.id);
  const home = { organization: keys.organization, rowId: id };
  try {
    const values: Row = {};
    for (const field of sealedFields(resource).filter((name) => row[name] !== null)) {
      const { accountKey } = await keys.version(keyVersionOf(bytesOf(row[field])));
      Object.assign(values, await openFields(resource, [field], row, { ...home, key: accountKey }));
    }
    const sealed = await sealFields(resource, sealedFields(resource), values, {
      ...home,
      key: keys.current.accountKey,
    });
    const names = [...sealed.keys()].map((name, at) => `${name} = $${at + 3}`);
    await connection.query(
      `update salus.${resource.table} set ${names.join(', ')} where (organization_id, id) = ($1, $2)`,
      [keys.organization, id, ...[...sealed.values()].map(hexadecimal)],
    );
    return true;
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    await recordAsOwner(connection, {
      organization: keys.organization,
      type: 'integrity.failed',
      resourceId: id,
      outcome: 'failed',
      details: { reason: 'record_does_not_open', table: resource.table },
    });
    return false;
  }
}
