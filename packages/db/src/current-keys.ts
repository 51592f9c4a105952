// A key can be replaced while an isolate still has the one before at hand. The database refuses what such an isolate wants
// to write or look up; here the same is done once more with the present keys (one further round trip, and only then).
import type { OrganizationId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import type { Call } from './call.ts';
import { DatabaseError } from './errors.ts';
import type { OrganizationKeys } from './keyring.ts';

/** @param work is refused as a whole, and keeps nothing, when the keys are outdated */
export async function withCurrentKeys<T>(
  call: Call,
  organization: OrganizationId,
  work: (keys: OrganizationKeys) => Promise<T>,
): Promise<T> {
  try {
    return await work(await call.keyring.organization(organization));
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'keys_outdated') throw error;
    call.keyring.forget(organization);
    return work(await call.keyring.organization(organization));
  }
}

/** A statement that refuses a search under any but the newest key: it would miss what is indexed under that one. */
export function requireNewestKey({ current }: OrganizationKeys): SQL {
  return sql`select salus.require_newest_key((select (salus.context()).organization_id), ${current.version}::integer)`;
}

/** A statement that refuses a write that was sealed under other keys than the present ones, and keeps them present. */
export function holdKeys(
  { current }: OrganizationKeys,
  patient: { readonly id: string; readonly keyVersion: number },
): SQL {
  return sql`select salus.hold_keys(${current.version}::integer, ${patient.id}::uuid, ${patient.keyVersion}::integer)`;
}
