// A new root key takes over: every organization key is wrapped by it, one at a time, each tried before it is kept. Records
// are not touched. Killed at any point and run again, it goes on with what is still under another root key.
import { type KeyProviders, rewrapOrganizationKey } from '@salus/crypto';
import { organizationId } from '@salus/schema';
import { bytesOf } from '../bytea.ts';
import type { SqlConnection } from '../migrate.ts';
import { asOwner, hexadecimal, recordAsOwner } from '../owner.ts';
import type { Progress } from './progress.ts';

/**
 * Wraps by the first provider what another one of them wraps.
 * @throws KeyProviderError `unknown_provider` when the root key that wraps a key is not among them
 */
export async function* rotateRootKey(
  connection: SqlConnection,
  providers: KeyProviders,
): AsyncGenerator<Progress> {
  const { rows } = await asOwner(connection, () =>
    connection.query(
      `select organization_id, version, provider, wrapped::text as wrapped from salus.organization_keys
        where provider <> $1 order by organization_id, version`,
      [providers.first.id],
    ),
  );
  for (const [done, row] of rows.entries()) {
    yield { done, total: rows.length, failed: 0 };
    await rewrap(connection, providers, row);
  }
  yield { done: rows.length, total: rows.length, failed: 0 };
}

async function rewrap(
  connection: SqlConnection,
  providers: KeyProviders,
  row: Record<string, unknown>,
): Promise<void> {
  const organization = organizationId.parse(row.organization_id);
  const version = Number(row.version);
  const provider = String(row.provider);
  const context = { organization, version };
  const again = await rewrapOrganizationKey(
    providers.of(provider),
    providers.first,
    context,
    bytesOf(row.wrapped),
  );
  await asOwner(connection, async () => {
    const updated = await connection.query(
      `update salus.organization_keys set provider = $4, wrapped = $5
        where (organization_id, version) = ($1, $2) and wrapped = $3 returning version`,
      [organization, version, row.wrapped, providers.first.id, hexadecimal(again)],
    );
    // Somebody else was faster: theirs stands.
    if (updated.rows.length === 0) return;
    await recordAsOwner(connection, {
      organization,
      type: 'organization_key.rewrap',
      resourceId: organization,
      details: { version, from: provider, to: providers.first.id },
    });
  });
}
