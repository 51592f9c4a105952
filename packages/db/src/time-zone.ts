// Where an organization's days begin, for whoever operates a deployment. Runs in Node on the owner's connection.
import type { OrganizationId } from '@salus/schema';
import type { SqlConnection } from './migrate.ts';
import { asOwner, recordAsOwner } from './owner.ts';

/** Says whether there is such an organization. The change is an event of its trail. @param timeZone of the IANA database */
export function setTimeZone(
  connection: SqlConnection,
  organization: OrganizationId,
  timeZone: string,
): Promise<boolean> {
  return asOwner(connection, async () => {
    const { rows } = await connection.query(
      'update salus.organizations set time_zone = $2 where id = $1 returning id',
      [organization, timeZone],
    );
    if (rows.length === 0) return false;
    await recordAsOwner(connection, {
      organization,
      type: 'organization.update',
      resourceId: organization,
      details: { timeZone },
    });
    return true;
  });
}
