// The wire itself: errors with every field, refusals, credentials, counters, and silence about what was sent.
import { neon } from '@neondatabase/serverless';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startNeonLocal } from './neon-local.ts';
import { startTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
let sql: ReturnType<typeof neon<false, false>>;
beforeAll(async () => {
  database = await startTestDatabase();
  sql = neon(database.url);
  await sql`create table members (id int primary key, email text constraint email_known unique, age int check (age > 0))`;
});
afterAll(() => database.stop());
beforeEach(() => database.neonLocal.resetCounters());

function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(database.neonLocal.url, {
    method: 'POST',
    body,
    headers: { 'Neon-Connection-String': database.url, 'Neon-Raw-Text-Output': 'true', ...headers },
  });
}

describe('an error of the database reaches the driver with its fields', () => {
  it('unique violation', async () => {
    await sql`insert into members values (1, 'a@b.c', 1)`;
    await expect(sql`insert into members values (2, 'a@b.c', 1)`).rejects.toMatchObject({
      name: 'NeonDbError',
      message: 'duplicate key value violates unique constraint "email_known"',
      code: '23505',
      severity: 'ERROR',
      detail: 'Key (email)=(a@b.c) already exists.',
      schema: 'public',
      table: 'members',
      constraint: 'email_known',
      file: 'nbtinsert.c',
      line: expect.stringMatching(/^\d+$/),
      routine: '_bt_check_unique',
    });
  });

  it('not-null violation names the column, a raised error its hint and where, a syntax error its position', async () => {
    await expect(sql`insert into members values (null)`).rejects.toMatchObject({
      code: '23502',
      column: 'id',
    });
    await expect(
      sql.query(
        `do $$ begin raise exception 'no' using hint = 'try', errcode = 'PT001', datatype = 'd'; end $$`,
      ),
    ).rejects.toMatchObject({
      message: 'no',
      code: 'PT001',
      hint: 'try',
      dataType: 'd',
      where: expect.stringContaining('PL/pgSQL'),
    });
    await expect(sql.query('select nowhere from members')).rejects.toMatchObject({
      code: '42703',
      position: '8',
    });
    await expect(sql.query(`do $$ begin perform * from nowhere; end $$`)).rejects.toMatchObject({
      code: '42P01',
      internalPosition: expect.any(String),
      internalQuery: expect.stringContaining('nowhere'),
    });
  });

  it('COPY FROM STDIN is refused, alone and in a batch, and the next call goes on', async () => {
    await expect(sql.query('copy members from stdin')).rejects.toThrow('COPY FROM STDIN is not supported');
    await expect(
      sql.transaction([sql`insert into members values (77)`, sql`copy members from stdin`, sql`select 1`]),
    ).rejects.toThrow('COPY FROM STDIN is not supported');
    expect(await sql`select from members where id = 77`).toEqual([]);
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  it('a connection that the server ends fails its statement, and the next one gets a new connection', async () => {
    await expect(sql`select pg_terminate_backend(pg_backend_pid())`).rejects.toMatchObject({ code: '57P01' });
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });
});

describe('credentials come from the connection string of each request', () => {
  it('each role is itself', async () => {
    await sql`create role "röle" login password 'p@ss/wörd'`;
    const url = database.url.replace(
      /\/\/.*@/,
      `//${encodeURIComponent('röle')}:${encodeURIComponent('p@ss/wörd')}@`,
    );
    const other = neon(url);
    expect(await other`select current_user as me, session_user as session`).toEqual([
      { me: 'röle', session: 'röle' },
    ]);
    expect(await sql`select current_user as me`).toEqual([{ me: 'postgres' }]);
    await expect(other`select * from members`).rejects.toMatchObject({ code: '42501' });
  });

  it('the driver is told as Neon tells it of a wrong password, an unknown role and an unknown database', async () => {
    const wrong = "password authentication failed for user 'postgres'";
    await expect(neon(database.url.replace(/:[^:@/]*@/, ':wrong@'))`select 1`).rejects.toThrow(wrong);
    await expect(neon(database.url.replace('//postgres', '//nobody'))`select 1`).rejects.toThrow(
      "user 'nobody'",
    );
    await expect(neon(database.url.replace(/postgres$/, 'none'))`select 1`).rejects.toMatchObject({
      code: '3D000',
    });
  });

  it('the application name of the connection string is that of the session', async () => {
    const [row] = await neon(`${database.url}?application_name=billing`)`show application_name`;
    expect(row).toEqual({ application_name: 'billing' });
  });

  it('an upstream that does not answer is a server error', async () => {
    const nowhere = await startNeonLocal({ upstream: { host: '127.0.0.1', port: 1 } });
    const response = await fetch(nowhere.url, {
      method: 'POST',
      body: '{"query":"select 1"}',
      headers: { 'Neon-Connection-String': database.url, 'Neon-Raw-Text-Output': 'true' },
    });
    expect([response.status, await response.json()]).toMatchObject([
      500,
      { message: "Couldn't connect to compute node" },
    ]);
    await nowhere.close();
  });
});

describe('what is not the protocol is refused before the database', () => {
  it.each([
    ['malformed JSON', '{"query":', {}, /malformed JSON/],
    ['neither query nor queries', '{}', {}, /neither "query" nor a list/],
    ['not an object', '[]', {}, /must be a JSON object/],
    ['a query that is no string', '{"query":1}', {}, /"query" must be a string/],
    ['parameters that are no list', '{"query":"select 1","params":{}}', {}, /"params" must be a list/],
    ['a zero byte in SQL', '{"query":"select 1\\u0000"}', {}, /zero byte/],
    ['a lone surrogate', '{"query":"select $1","params":["\\ud800"]}', {}, /lone surrogate/],
    [
      'too many parameters',
      JSON.stringify({ query: 'x', params: Array(65_536).fill(null) }),
      {},
      /at most 65535/,
    ],
    [
      'an unknown isolation level',
      '{"queries":[]}',
      { 'Neon-Batch-Isolation-Level': 'Chaos' },
      /invalid isolation level/,
    ],
    ['parsed output', '{"query":"x"}', { 'Neon-Raw-Text-Output': 'false' }, /Neon-Raw-Text-Output/],
    ['a JWT', '{"query":"x"}', { Authorization: 'Bearer x' }, /JWT/],
    ['no database', '{"query":"x"}', { 'Neon-Connection-String': 'postgresql://u:p@h/' }, /missing database/],
    ['no password', '{"query":"x"}', { 'Neon-Connection-String': 'postgresql://u@h/d' }, /missing password/],
    ['no URL', '{"query":"x"}', { 'Neon-Connection-String': 'x' }, /invalid Neon-Connection-String/],
  ])('%s', async (_, body, headers, message) => {
    const response = await post(body, headers);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ message: expect.stringMatching(message), code: '' });
  });

  it('another path is 404, another method 405, a body over 64 MiB 413', async () => {
    expect((await fetch(database.neonLocal.url.replace('/sql', '/other'), { method: 'POST' })).status).toBe(
      404,
    );
    const get = await fetch(database.neonLocal.url);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await post(' '.repeat(64 * 1024 * 1024 + 1))).status).toBe(413);
  });

  it('rows over 64 MiB are 507, and a batch that returns them keeps nothing', async () => {
    const tooMuch = sql`select repeat('x', 1048576) from generate_series(1, 65)`;
    await expect(sql.transaction([sql`insert into members values (90)`, tooMuch])).rejects.toThrow(
      'HTTP status 507',
    );
    expect(await sql`select * from members where id = 90`).toEqual([]);
  });

  it('JSON parameters that are no strings become the text that Neon makes of them', async () => {
    const params = [7, true, { a: 1 }, [1, null, 'a"b', ['c']], null];
    const response = await post(
      JSON.stringify({ query: 'select $1::text, $2::text, $3::text, $4::text, $5::text', params }),
      {
        'Neon-Array-Mode': 'true',
      },
    );
    expect(await response.json()).toMatchObject({
      rows: [['7', 'true', '{"a":1}', '{1,NULL,"a\\"b",{"c"}}', null]],
    });
  });
});

it('requests and statements are counted, until they are reset', async () => {
  await sql`select 1`;
  await sql.transaction([sql`select 1`, sql`select 2`]);
  await expect(sql`select 1/0`).rejects.toThrow();
  await post('{');
  expect(database.neonLocal.counters).toEqual({ requests: 4, statements: 4 });
  database.neonLocal.resetCounters();
  expect(database.neonLocal.counters).toEqual({ requests: 0, statements: 0 });
});

it('nothing is printed, whatever fails (PRIV-01)', async () => {
  const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
  await expect(sql`select ${'canary'}::int`).rejects.toThrow();
  await expect(sql.query('canary')).rejects.toThrow();
  await post('canary');
  expect(JSON.stringify(spies.map((spy) => spy.mock.calls))).not.toContain('canary');
  for (const spy of spies) spy.mockRestore();
});
