// What lies under an organization's account key besides accounts (the matters of legal holds and the like), sealed anew under
// the present one. Which tables those are is read off the resources; how old a value is, off the value itself.
import type { KeyProviders } from '@salus/crypto';
import { type OrganizationId, RESOURCES, type Resource, sealedFields, user } from '@salus/schema';
import { columnName } from '../columns.ts';
import type { OrganizationKeys } from '../keyring.ts';
import type { SqlConnection } from '../migrate.ts';
import { openUnderOrganization, sealFields } from '../sealed-record.ts';
import { doBatch, type Rewritten, type Row, updateRows } from './batch.ts';
import { type Batch, inBatches, type JobOptions, type Progress, START } from './progress.ts';

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
    yield* inBatches(connection, providers, organization, {
      outdated: `${resource.table} where ${outdated(resource)}`,
      start: START,
      next: (keys, after) => resealBatch(connection, { keys, resource }, after, batch),
    });
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
  const counts = await doBatch(connection, rows, {
    organization: keys.organization,
    event: { type: 'organization.reseal', details: { version: keys.current.version, table: resource.table } },
    rewrite: (row) => resealed({ keys, resource }, row),
    write: (rewritten) => updateRows(connection, resource.table, keys.organization, rewritten),
    failure: (row) => ({
      resourceId: String(row.id),
      details: { reason: 'record_does_not_open', table: resource.table },
    }),
  });
  return { ...counts, last: String(last.id) };
}

/** @throws IntegrityError */
async function resealed({ keys, resource }: Work, row: Row): Promise<Rewritten> {
  const fields = sealedFields(resource);
  const values = await openUnderOrganization(resource, fields, row, keys);
  const home = { organization: keys.organization, key: keys.current.accountKey, rowId: String(row.id) };
  const sealed = await sealFields(resource, fields, values, home);
  return { id: home.rowId, sealed, versions: {} };
}
