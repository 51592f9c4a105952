// Accounts, sealed anew under their organization's present key, and found by their address under the platform's present one.
// Either may have been rotated. There are few of them beside the patients; the same rules hold.
import type { KeyProviders } from '@salus/crypto';
import { type OrganizationId, sealedFields, user } from '@salus/schema';
import { columnName } from '../columns.ts';
import type { OrganizationKeys } from '../keyring.ts';
import type { SqlConnection } from '../migrate.ts';
import { PLATFORM } from '../repositories/refusal.ts';
import { emailIndex } from '../repositories/sign-in.ts';
import { openFields, sealFields } from '../sealed-record.ts';
import { doBatch, type Rewritten, type Row, updateRows } from './batch.ts';
import { type Batch, inBatches, type JobOptions, type Progress, START } from './progress.ts';
import { heldKeys } from './stored.ts';

const FIELDS = sealedFields(user);

const OUTDATED = `organization_id = $1 and erased_at is null
  and (organization_key_version < (select max(version) from salus.organization_keys where organization_id = $1)
       or email_index_version < (select max(version) from salus.organization_keys where organization_id = '${PLATFORM}'))`;

/** @throws KeyError, KeyProviderError */
export function resealAccounts(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
  { batch }: JobOptions,
): AsyncGenerator<Progress> {
  return inBatches(connection, providers, organization, {
    outdated: `users where ${OUTDATED}`,
    start: START,
    next: async (keys, after) => {
      const platform = await heldKeys(connection, providers, PLATFORM);
      return resealBatch(connection, { keys, platform }, after, batch);
    },
  });
}

interface Keys {
  readonly keys: OrganizationKeys;
  readonly platform: OrganizationKeys;
}

async function resealBatch(
  connection: SqlConnection,
  { keys, platform }: Keys,
  after: string,
  atMost: number,
): Promise<Batch<string> | null> {
  const columns = FIELDS.map((field) => `${columnName(field)}::text as "${field}"`);
  const { rows } = await connection.query(
    `select id, organization_key_version, ${columns.join(', ')} from salus.users
      where ${OUTDATED} and id > $2 order by id limit $3 for update`,
    [keys.organization, after, atMost],
  );
  const last = rows.at(-1);
  if (!last) return null;
  const counts = await doBatch(connection, rows, {
    organization: keys.organization,
    event: { type: 'account.reseal', details: { version: keys.current.version } },
    rewrite: (row) => resealed({ keys, platform }, row),
    write: (rewritten) => updateRows(connection, user.table, keys.organization, rewritten),
    failure: (row) => ({
      resourceId: String(row.id),
      details: { reason: 'account_does_not_open', version: Number(row.organization_key_version) },
    }),
  });
  return { ...counts, last: String(last.id) };
}

/** @throws IntegrityError */
async function resealed({ keys, platform }: Keys, row: Row): Promise<Rewritten> {
  const home = { organization: keys.organization, rowId: String(row.id) };
  const { accountKey } = await keys.version(Number(row.organization_key_version));
  const values = await openFields(user, FIELDS, row, { ...home, key: accountKey });
  const fields = await sealFields(user, FIELDS, values, { ...home, key: keys.current.accountKey });
  const index = await emailIndex(platform.current, user.fields.email.schema.parse(values.email));
  return {
    id: home.rowId,
    sealed: new Map([...fields, ['email_index', index]]),
    versions: {
      organization_key_version: keys.current.version,
      email_index_version: platform.current.version,
    },
  };
}
