// One request is one transaction: whole or not at all, with the properties that were asked for, on a connection that remembers
// nothing of an earlier one.
import { neon } from '@neondatabase/serverless';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
let sql: ReturnType<typeof neon<false, false>>;
beforeAll(async () => {
  database = await startTestDatabase();
  sql = neon(database.url);
  await sql`create table kept (id int primary key)`;
});
afterAll(() => database.stop());
beforeEach(async () => {
  await sql`truncate kept`;
});

const insert = (id: number) => sql`insert into kept values (${id})`;
const stored = async () => (await sql`select id from kept order by id`).map(({ id }) => id);

describe('a batch', () => {
  it('is one transaction, whose statements see each other', async () => {
    const results = await sql.transaction([
      sql`select pg_current_xact_id()::text as id`,
      insert(1),
      sql`select id from kept`,
      sql`select pg_current_xact_id()::text as id`,
    ]);
    expect(results[2]).toEqual([{ id: 1 }]);
    expect(results[3]).toEqual(results[0]);
    expect(await stored()).toEqual([1]);
  });

  it('fails whole: nothing before its error is kept, nothing behind it runs', async () => {
    await sql`create sequence runs`;
    await expect(
      sql.transaction([insert(1), sql`select 1/0`, sql`select nextval('runs')`, insert(2)]),
    ).rejects.toMatchObject({ code: '22012' });
    expect(await stored()).toEqual([]);
    // A sequence does not roll back.
    expect(await sql`select is_called from runs`).toEqual([{ is_called: false }]);
  });

  it('fails whole when only its COMMIT does', async () => {
    await sql`create table later (id int unique deferrable initially deferred)`;
    await expect(
      sql.transaction([insert(1), sql`insert into later values (1)`, sql`insert into later values (1)`]),
    ).rejects.toMatchObject({ code: '23505' });
    expect(await stored()).toEqual([]);
  });

  it('may be empty', async () => {
    expect(await sql.transaction([])).toEqual([]);
  });

  it('keeps what is set for a transaction to itself', async () => {
    const results = await sql.transaction([
      sql`select set_config('app.organization', 'one', true)`,
      sql`select current_setting('app.organization') as organization`,
    ]);
    expect(results[1]).toEqual([{ organization: 'one' }]);
    const [after] = await sql`select coalesce(current_setting('app.organization', true), '') as organization`;
    expect(after).toEqual({ organization: '' });
  });
});

describe('a batch has the properties that were asked for', () => {
  const properties = () => [
    sql`show transaction_isolation`,
    sql`show transaction_read_only`,
    sql`show transaction_deferrable`,
  ];
  const of = async (options: Parameters<typeof sql.transaction>[1]) => {
    const results = await sql.transaction(properties(), { ...options, arrayMode: true, fullResults: false });
    return results.flat(2);
  };

  it.each([
    [{}, ['read committed', 'off', 'off']],
    [{ isolationLevel: 'ReadUncommitted' }, ['read uncommitted', 'off', 'off']],
    [{ isolationLevel: 'ReadCommitted' }, ['read committed', 'off', 'off']],
    [{ isolationLevel: 'RepeatableRead' }, ['repeatable read', 'off', 'off']],
    [{ isolationLevel: 'Serializable' }, ['serializable', 'off', 'off']],
    [{ readOnly: true }, ['read committed', 'on', 'off']],
    [{ isolationLevel: 'Serializable', readOnly: true, deferrable: true }, ['serializable', 'on', 'on']],
  ] as const)('%j', async (options, expected) => {
    expect(await of(options)).toEqual(expected);
  });

  it('and one that may only read does not write', async () => {
    await expect(sql.transaction([insert(1)], { readOnly: true })).rejects.toMatchObject({ code: '25006' });
    expect(await stored()).toEqual([]);
  });

  it('and two that are serializable do not both commit what contradicts', async () => {
    const both = await Promise.allSettled(
      [1, 2].map((id) =>
        sql.transaction(
          [sql`select count(*) from kept`, sql`select pg_sleep(0.3)`, insert(id), sql`select pg_sleep(0.3)`],
          { isolationLevel: 'Serializable' },
        ),
      ),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: '40001' } });
    expect(await stored()).toHaveLength(1);
  });
});

describe('a request finds its connection as new', () => {
  const role = 'a_role';
  it.each([
    ['a variable', "set statement_timeout = '7s'", 'show statement_timeout', { statement_timeout: '0' }],
    [
      'a role',
      `do $$ begin create role ${role}; set role ${role}; end $$`,
      'select current_user as me',
      { me: 'postgres' },
    ],
    [
      'a temporary table',
      'create temporary table of_a_session ()',
      "select to_regclass('of_a_session') as name",
      { name: null },
    ],
    [
      'a prepared statement',
      'prepare of_a_session as select 1',
      'select count(*)::int as n from pg_prepared_statements',
      { n: 0 },
    ],
    [
      'an advisory lock',
      'select pg_advisory_lock(7)',
      "select count(*)::int as n from pg_locks where locktype = 'advisory'",
      { n: 0 },
    ],
    [
      'a transaction left open',
      'begin isolation level serializable',
      'show transaction_isolation',
      { transaction_isolation: 'read committed' },
    ],
  ])('%s is gone', async (what, leave, look, expected) => {
    // A name of its own gives it a pool of its own.
    const client = neon(`${database.url}?application_name=${encodeURIComponent(what)}`);
    const connections = () =>
      sql`select state, query ~ '^ROLLBACK; CLOSE ALL' as cleaned from pg_stat_activity where application_name = ${what}`;
    await client.query(leave);
    await expect.poll(connections).toEqual([{ state: 'idle', cleaned: true }]);
    expect(await client.query(look)).toEqual([expected]);
    expect(await connections()).toHaveLength(1);
  });
});

describe('a client that goes away', () => {
  const leaving = () => {
    const gone = new AbortController();
    const client = neon(database.url, { fetchOptions: { signal: gone.signal } });
    return { client, leave: () => gone.abort() };
  };
  const running = async () =>
    (
      await sql`select count(*)::int as n from pg_stat_activity where state = 'active' and query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`
    )[0]?.n;

  it('during a batch has it cancelled and rolled back at once', async () => {
    const { client, leave } = leaving();
    const failed = expect(
      client.transaction([client`insert into kept values (1)`, client`select pg_sleep(60)`]),
    ).rejects.toThrow();
    await expect.poll(running).toBe(1);
    leave();
    await failed;
    // Waits for the first to end: it fails if that commits, and runs into the test's time limit if that goes on.
    await sql`insert into kept values (1)`;
    expect(await stored()).toEqual([1]);
  });

  it('has nothing committed, even when no statement fails by it', async () => {
    const { client, leave } = leaving();
    const undeterred = 'do $$ begin perform pg_sleep(60); exception when query_canceled then null; end $$';
    const failed = expect(
      client.transaction([client`insert into kept values (1)`, client.query(undeterred)]),
    ).rejects.toThrow();
    await expect.poll(running).toBe(1);
    leave();
    await failed;
    await sql`insert into kept values (1)`;
    expect(await stored()).toEqual([1]);
  });

  it('during a single statement has it cancelled', async () => {
    const { client, leave } = leaving();
    // The driver sends a single statement when it is first waited for.
    const failed = expect(client`select pg_sleep(60)`).rejects.toThrow();
    await expect.poll(running).toBe(1);
    leave();
    await failed;
    await expect.poll(running).toBe(0);
  });
});
