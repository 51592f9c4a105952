// Whatever happens to a migration, a database has it wholly and once, or not at all.
import { readdir, readFile } from 'node:fs/promises';
import { type Postgres, startPostgres } from '@salus/neon-local/postgres';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MigrationError, migrate, type SqlConnection } from './migrate.ts';

const FOLDER = new URL('../migrations/', import.meta.url);
const OPTIONS = { appPassword: 'of-tests-only' };
const NAMES = (await readdir(FOLDER)).toSorted();
const FAILING = '0005_sign_in.sql';
const BEFORE = NAMES.slice(0, NAMES.indexOf(FAILING));
const REST = NAMES.slice(BEFORE.length);

// A server for each test: the roles are the server's, and those of another test would be found there.
let postgres: Postgres;
const connections: pg.Client[] = [];
beforeEach(async () => {
  postgres = await startPostgres({ settings: { fsync: 'off' } });
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((client) => client.end()));
  await postgres.stop();
});

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: postgres.url });
  client.on('error', () => undefined); // one of them is cut off, by a test
  await client.connect();
  connections.push(client);
  return client;
}

/** The migrations that the database says it has had, in their order. */
async function recorded(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query('select name from salus.migrations order by applied_at, name');
  return rows.map(({ name }) => name);
}

/** Everything in the schema that a migration makes, by the words of the catalogue. */
async function made(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(
    `select format('column %s.%s %s', attrelid::regclass, attname, atttypid::regtype) as what
       from pg_attribute join pg_class on pg_class.oid = attrelid where relnamespace = 'salus'::regnamespace
     union all select pg_get_functiondef(oid) from pg_proc where pronamespace = 'salus'::regnamespace
     union all select pg_get_triggerdef(oid) from pg_trigger
     union all select pg_get_constraintdef(oid) from pg_constraint where connamespace = 'salus'::regnamespace
     union all select format('policy %s on %s', polname, polrelid::regclass) from pg_policy
     union all select format('rights on %s: %s', oid::regclass, relacl) from pg_class
                where relnamespace = 'salus'::regnamespace
     order by 1`,
  );
  return rows.map(({ what }) => what);
}

describe('migrations', () => {
  it('are each applied once, in their order, and when they are run again change nothing', async () => {
    const client = await connected();
    expect(await migrate(client, OPTIONS)).toEqual({ applied: NAMES });
    const before = await made(client);
    expect(await migrate(client, OPTIONS)).toEqual({ applied: [] });
    expect(await recorded(client)).toEqual(NAMES);
    expect(await made(client)).toEqual(before);
  });

  it('run by three at once on an empty database are applied once, by one of them, and all succeed', async () => {
    const clients = await Promise.all([connected(), connected(), connected()]);
    const results = await Promise.all(clients.map((client) => migrate(client, OPTIONS)));
    const byLength = results.map(({ applied }) => applied).toSorted((a, b) => b.length - a.length);
    expect(byLength).toEqual([NAMES, [], []]);
    expect(await recorded(await connected())).toEqual(NAMES);
  });

  it('that were changed after they were applied, or that this release does not know, stop it', async () => {
    const client = await connected();
    await migrate(client, OPTIONS);
    await client.query(`update salus.migrations set checksum = 'x' where name like '0001%'`);
    await expect(migrate(client, OPTIONS)).rejects.toMatchObject({ code: 'changed_after_it_was_applied' });
    await client.query(`insert into salus.migrations (name, checksum) values ('9999_later.sql', 'x')`);
    await expect(migrate(client, OPTIONS)).rejects.toBeInstanceOf(MigrationError);
  });

  it('make the months of the trail ahead of time', async () => {
    const client = await connected();
    await migrate(client, OPTIONS);
    const { rows } = await client.query(
      `select count(*)::int as n from pg_inherits where inhparent = 'salus.audit_events'::regclass`,
    );
    expect(rows[0].n).toBeGreaterThan(18);
  });
});

describe('a migration that', () => {
  const fail = (client: pg.Client) => client.query('select 1 / 0');
  const cutOff = (client: pg.Client) => client.query('select pg_terminate_backend(pg_backend_pid())');

  it.each([
    ['fails at its end', 'text', fail],
    ['is not recorded', 'record', fail],
    ['is cut off', 'text', cutOff],
    ['is cut off when it was recorded', 'record', cutOff],
  ] as const)('%s leaves nothing behind, and is applied by the next run', async (_, after, stop) => {
    const [client, other] = [await connected(), await connected()];
    const text = await readFile(new URL(FAILING, FOLDER), 'utf8');
    let before: string[] = [];
    const stopping: SqlConnection = {
      async query(sql, values) {
        if (sql === text) before = await made(other);
        const result = await client.query(sql, values);
        if (after === 'text' ? sql === text : values?.[0] === FAILING) await stop(client);
        return result;
      },
    };
    await expect(migrate(stopping, OPTIONS)).rejects.toThrow();
    expect(before.length).toBeGreaterThan(100);
    expect(await made(other)).toEqual(before);
    expect(await recorded(other)).toEqual(BEFORE);
    expect(await migrate(other, OPTIONS)).toEqual({ applied: REST });
  });
});
