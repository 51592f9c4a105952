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
const MONTHS_AHEAD = 18;

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

/** Adds the partitions that the audit trail will need until the next release is likely to run this again. */
async function addAuditMonths(connection: SqlConnection): Promise<void> {
  await inTransaction(connection, async () => {
    await connection.query('set local role salus_owner; set local search_path = salus');
    await connection.query(`
      do $$
      declare
        month timestamptz;
        name text;
      begin
        for month in
          select generate_series(date_trunc('month', now(), 'UTC'), now() + interval '${MONTHS_AHEAD} months', interval '1 month')
        loop
          name := 'audit_events_' || to_char(month at time zone 'UTC', 'YYYY_MM');
          if to_regclass(name) is null then
            execute format('create table %I partition of audit_events for values from (%L) to (%L)',
                           name, month, date_add(month, interval '1 month', 'UTC'));
            execute format('alter table %I enable row level security', name);
            execute format('alter table %I force row level security', name);
            execute format('create policy owner on %I to salus_owner using (true) with check (true)', name);
          end if;
        end loop;
      end $$`);
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
