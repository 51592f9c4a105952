// Brings a database to the present schema: roles made by SQL (on Neon, a role made in its console bypasses row-level
// security), migrations in order, each in a transaction of its own with its checksum kept, and the audit trail's months.
// Runs in Node, as a role that may create roles. Idempotent; a second run at the same time waits for the first.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** The part of a `pg` client that migrations need. One connection, because the lock belongs to it. */
export interface SqlConnection {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

export interface MigrationResult {
  readonly applied: readonly string[];
}

export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code: 'changed_after_it_was_applied' | 'unknown_to_this_release';

  constructor(code: MigrationError['code'], migration: string) {
    super(`${migration}: ${code.replaceAll('_', ' ')}`);
    this.code = code;
  }
}

const FOLDER = new URL('../migrations/', import.meta.url);
const LOCK = 0x5a105; // any constant that nobody else uses

/**
 * @param appPassword password of `salus_app`, the role that the Worker connects as
 * @throws MigrationError when the database and this release disagree about the past
 */
export async function migrate(
  connection: SqlConnection,
  options: { appPassword: string },
): Promise<MigrationResult> {
  await connection.query('select pg_advisory_lock($1)', [LOCK]);
  try {
    await prepareRoles(connection, options.appPassword);
    const applied = await applyMigrations(connection);
    await addAuditMonths(connection);
    return { applied };
  } finally {
    await connection.query('select pg_advisory_unlock($1)', [LOCK]);
  }
}

/** The connection string of the runtime role, `salus_app`, for the database that an owner's names. */
export function appUrl(ownerUrl: string, appPassword: string): string {
  return Object.assign(new URL(ownerUrl), { username: 'salus_app', password: appPassword }).href;
}

async function prepareRoles(connection: SqlConnection, appPassword: string): Promise<void> {
  const existing = await connection.query(
    "select rolname from pg_roles where rolname in ('salus_owner', 'salus_app')",
  );
  const names = existing.rows.map((row) => row.rolname);
  if (!names.includes('salus_owner')) await connection.query('create role salus_owner nologin');
  if (!names.includes('salus_app')) await connection.query('create role salus_app login noinherit');
  const quoted = await connection.query('select quote_literal($1) as password', [appPassword]);
  await connection.query(`alter role salus_app password ${quoted.rows[0]?.password}`);
  await connection.query('grant salus_owner to current_user');
  await connection.query('create schema if not exists salus authorization salus_owner');
  await connection.query('revoke all on schema salus from public');
}

async function applyMigrations(connection: SqlConnection): Promise<string[]> {
  await connection.query(
    `create table if not exists salus.migrations
       (name text primary key, checksum text not null, applied_at timestamptz not null default now())`,
  );
  const { rows } = await connection.query('select name, checksum from salus.migrations');
  const known = new Map(rows.map((row) => [row.name, row.checksum]));
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  for (const name of known.keys()) {
    if (!names.includes(String(name))) throw new MigrationError('unknown_to_this_release', String(name));
  }

  const applied: string[] = [];
  for (const name of names) {
    const text = await readFile(new URL(name, FOLDER), 'utf8');
    const checksum = createHash('sha256').update(text).digest('hex');
    if (known.has(name)) {
      if (known.get(name) !== checksum) throw new MigrationError('changed_after_it_was_applied', name);
      continue;
    }
    await inTransaction(connection, async () => {
      await connection.query(
        "set local role salus_owner; set local search_path = salus; set local lock_timeout = '5s'",
      );
      await connection.query(text);
      await connection.query('reset role');
      await connection.query('insert into salus.migrations (name, checksum) values ($1, $2)', [
        name,
        checksum,
      ]);
    });
    applied.push(name);
  }
  return applied;
}

/** Adds the partitions that the audit trail will need until this is run again. */
async function addAuditMonths(connection: SqlConnection): Promise<void> {
  await inTransaction(connection, async () => {
    await connection.query('set local role salus_owner');
    await connection.query('select salus.add_audit_months()');
  });
}

async function inTransaction(connection: SqlConnection, work: () => Promise<void>): Promise<void> {
  await connection.query('begin');
  try {
    await work();
    await connection.query('commit');
  } catch (error) {
    await connection.query('rollback');
    throw error;
  }
}
