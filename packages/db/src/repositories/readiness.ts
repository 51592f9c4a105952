// Whether calls can be answered: the database is there, the runtime role is as weak as it must be, and the root key opens
// what it has wrapped.
import { sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import { DatabaseError } from '../errors.ts';
import type { Keyring } from '../keyring.ts';
import { PLATFORM } from './refusal.ts';

/** @throws DatabaseError, KeyError, KeyProviderError with the first reason why not */
export async function checkReadiness(database: Database, keyring: Keyring): Promise<void> {
  const [[role] = []] = await database.transaction([
    sql`
      select rolsuper or rolbypassrls or pg_has_role(session_user, 'salus_owner', 'member') as too_strong
        from pg_roles where rolname = session_user`,
  ]);
  if (role?.too_strong !== false) throw new DatabaseError('role_too_strong');
  await keyring.organization(PLATFORM);
}
