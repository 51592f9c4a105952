// The end of a rotation: versions of an organization's key that no record hangs under any more. They are kept, because the
// audit trail was sealed under them and is never changed; but nothing is looked up under them from then on.
import type { OrganizationId } from '@salus/schema';
import type { SqlConnection } from '../migrate.ts';
import { asOwner, recordAsOwner } from '../owner.ts';
import { PLATFORM } from '../repositories/refusal.ts';

/** @returns the versions that were retired just now */
export function retireOrganizationKeys(
  connection: SqlConnection,
  organization: OrganizationId,
): Promise<number[]> {
  return asOwner(connection, async () => {
    // Nobody is writing under an earlier version while this looks.
    await connection.query('select pg_advisory_xact_lock(salus.lock_organization_key($1))', [organization]);
    const { rows } = await connection.query(
      `update salus.organization_keys k set retired_at = now()
        where k.organization_id = $1 and k.retired_at is null
          and k.version < (select max(version) from salus.organization_keys where organization_id = $1)
          and not exists (select from salus.patients p
                           where (p.organization_id, p.organization_key_version) = (k.organization_id, k.version)
                             and p.shredded_at is null)
          and not exists (select from salus.patient_keys w
                           where (w.organization_id, w.organization_key_version) = (k.organization_id, k.version))
          and not exists (select from salus.users u
                           where (u.organization_id, u.organization_key_version) = (k.organization_id, k.version)
                             and u.erased_at is null)
          and ($1 <> $2 or not exists (select from salus.users u 
                           where u.email_index_version = k.version and u.erased_at is null))
        returning k.version`,
      [organization, PLATFORM],
    );
    const versions = rows.map(({ version }) => Number(version));
    for (const version of versions) {
      await recordAsOwner(connection, {
        organization,
        type: 'organization_key.retire',
        resourceId: organization,
        details: { version },
      });
    }
    return versions;
  });
}
