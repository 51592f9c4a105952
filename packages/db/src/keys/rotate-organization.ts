// A new version of an organization's key. From its commit on everything new is under it; what there is stays readable under
// the version before, until `rewrap` and `reseal` have been through.
import { createOrganizationKey, type KeyProviders } from '@salus/crypto';
import type { OrganizationId } from '@salus/schema';
import { KeyError } from '../errors.ts';
import type { SqlConnection } from '../migrate.ts';
import { asOwner, recordAsOwner } from '../owner.ts';
import { heldKeys, storeKey } from './stored.ts';

export interface Rotation {
  /** The version that is in force. */
  readonly version: number;
  /** False when an earlier rotation is still on its way, so that nothing was done: a repeated command is one rotation. */
  readonly rotated: boolean;
}

/**
 * @param again rotates although an earlier rotation is not finished: when the present key may be known to somebody
 * @throws KeyError when there is no such organization; KeyProviderError
 */
export async function rotateOrganizationKey(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
  { again = false }: { readonly again?: boolean } = {},
): Promise<Rotation> {
  const before = await asOwner(connection, async () => {
    // Whoever cannot open the present key has another root key than the Worker: it could not open the new one.
    await heldKeys(connection, providers, organization);
    return standing(connection, organization);
  });
  if (before.live > 1 && !again) return { version: before.newest, rotated: false };
  // The key service answers before the lock is taken: nobody's write waits for it.
  const version = before.newest + 1;
  const { wrapped } = await createOrganizationKey(providers.first, organization, version);
  return asOwner(connection, async () => {
    await connection.query('select pg_advisory_xact_lock(salus.lock_organization_key($1))', [organization]);
    const { newest } = await standing(connection, organization);
    if (newest !== before.newest) return { version: newest, rotated: false };
    await storeKey(connection, providers.first, organization, { version, wrapped });
    await recordAsOwner(connection, {
      organization,
      type: 'organization_key.rotate',
      resourceId: organization,
      details: { version },
    });
    return { version, rotated: true };
  });
}

async function standing(
  connection: SqlConnection,
  organization: OrganizationId,
): Promise<{ newest: number; live: number }> {
  const { rows } = await connection.query(
    `select max(version) as newest, count(*) filter (where retired_at is null) as live
       from salus.organization_keys where organization_id = $1`,
    [organization],
  );
  const newest = Number(rows[0]?.newest ?? 0);
  if (newest === 0) throw new KeyError('organization_without_key');
  return { newest, live: Number(rows[0]?.live) };
}
