// Keys as they lie in the database, for whoever holds the owner's connection and the root key.
import type { Bytes, KeyProvider, KeyProviders } from '@salus/crypto';
import { type OrganizationId, organizationId } from '@salus/schema';
import { type OrganizationKeys, openOrganizationKeys, storedKeysOf } from '../keyring.ts';
import type { SqlConnection } from '../migrate.ts';
import { asOwner, hexadecimal } from '../owner.ts';

/**
 * An organization's keys, which stay the present ones until the transaction ends. Within `asOwner`.
 * @throws KeyError when the organization has none; KeyProviderError
 */
export async function heldKeys(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
): Promise<OrganizationKeys> {
  await connection.query('select pg_advisory_xact_lock_shared(salus.lock_organization_key($1))', [
    organization,
  ]);
  const { rows } = await connection.query(
    'select version, provider, wrapped::text as wrapped, retired from salus.keys_of_organization($1)',
    [organization],
  );
  return openOrganizationKeys(providers, organization, storedKeysOf(rows));
}

/** Keeps a new version of an organization's key. Within `asOwner`. */
export async function storeKey(
  connection: SqlConnection,
  { id }: KeyProvider,
  organization: OrganizationId,
  { version, wrapped }: { readonly version: number; readonly wrapped: Bytes },
): Promise<void> {
  await connection.query(
    'insert into salus.organization_keys (organization_id, version, provider, wrapped) values ($1, $2, $3, $4)',
    [organization, version, id, hexadecimal(wrapped)],
  );
}

/** Every organization; the platform, whose key finds accounts by their address, comes first. */
export async function everyOrganization(connection: SqlConnection): Promise<OrganizationId[]> {
  const { rows } = await asOwner(connection, () =>
    connection.query('select id from salus.organizations order by id'),
  );
  return rows.map(({ id }) => organizationId.parse(id));
}
