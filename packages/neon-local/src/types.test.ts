// Every common type goes through the real driver and comes back as it would from Neon.
import { types as driverTypes, neon } from '@neondatabase/serverless';
import { sql as drizzleSql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/neon-http';
import {
  boolean,
  customType,
  date,
  integer,
  jsonb,
  numeric,
  pgTable,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
let sql: ReturnType<typeof neon<false, false>>;
beforeAll(async () => {
  database = await startTestDatabase();
  sql = neon(database.url);
});
afterAll(() => database.stop());

/** What `$1::<type>` gives back. */
async function roundTrip(type: string, value: unknown): Promise<unknown> {
  const [row] = await sql.query(`select $1::${type} as value`, [value]);
  return row?.value;
}

const ID = '018f4e2a-7d31-7c55-9b1e-5a0f3c2d1e0b';

describe('a value of each common type comes back as the driver reads it from Neon', () => {
  it.each([
    ['bool', true, true],
    ['bool', false, false],
    ['int2', -32768, -32768],
    ['int4', 2147483647, 2147483647],
    ['int8', '9223372036854775807', '9223372036854775807'],
    ['numeric', '12345678901234567890.123456789', '12345678901234567890.123456789'],
    ['float4', 1.5, 1.5],
    ['float8', 0.1, 0.1],
    ['float8', 'Infinity', Infinity],
    ['text', '', ''],
    ['uuid', ID, ID],
    ['inet', '2001:db8::1/64', '2001:db8::1/64'],
    ['json', { a: [1, 'x', null], b: { c: true } }, { a: [1, 'x', null], b: { c: true } }],
    ['jsonb', { name: 'Ordóñez', n: 1.5 }, { name: 'Ordóñez', n: 1.5 }],
    ['timestamptz', '2026-11-24T10:11:12.345Z', new Date('2026-11-24T10:11:12.345Z')],
    ['timestamp', new Date(2026, 10, 24, 10, 11, 12, 345), new Date(2026, 10, 24, 10, 11, 12, 345)],
    ['date', '1980-03-09', new Date(1980, 2, 9)],
    ['int4[]', [1, 2, 3], [1, 2, 3]],
    [
      'text[]',
      ['a"b', 'c\\d', 'e,f', 'NULL', '', null, '张伟'],
      ['a"b', 'c\\d', 'e,f', 'NULL', '', null, '张伟'],
    ],
    ['uuid[]', [ID, ID], [ID, ID]],
    [
      'int4[]',
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['bool[]', [true, false], [true, false]],
    ['text[]', [], []],
  ])('%s %j', async (type, value, expected) => {
    expect(await roundTrip(type, value)).toEqual(expected);
  });

  it.each(['bool', 'int4', 'text', 'bytea', 'jsonb', 'uuid', 'timestamptz', 'text[]'])(
    'null of %s',
    async (type) => {
      expect(await roundTrip(type, null)).toBeNull();
    },
  );

  it('interval', async () => {
    expect(await roundTrip('interval', '1 year 2 mons 3 days 04:05:06.789')).toMatchObject({
      years: 1,
      months: 2,
      days: 3,
      hours: 4,
      minutes: 5,
      seconds: 6,
      milliseconds: 789,
    });
  });

  it('bytea, from a Buffer and from a Uint8Array, with every byte', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const [row] =
      await sql`select ${Buffer.from(bytes)} as buffer, ${bytes} as view, length(${bytes}) as length`;
    expect(row?.buffer).toEqual(Buffer.from(bytes));
    expect(row?.view).toEqual(Buffer.from(bytes));
    expect(row?.length).toBe(256);
    expect(await roundTrip('bytea', Buffer.alloc(0))).toEqual(Buffer.alloc(0));
  });

  it('bytea[]', async () => {
    const list = [Buffer.from([0, 255]), Buffer.from('x')];
    expect(await roundTrip('bytea[]', list)).toEqual(list);
  });

  it('text of any well-formed Unicode string without a zero character', async () => {
    const strings = fc.array(
      fc.string({ unit: 'binary' }).map((s) => s.replaceAll('\0', '')),
      { maxLength: 50 },
    );
    await fc.assert(
      fc.asyncProperty(strings, async (list) => {
        expect(await roundTrip('text[]', list)).toEqual(list);
        expect(await roundTrip('text', list.join('\n'))).toBe(list.join('\n'));
      }),
      { numRuns: 30 },
    );
  });
});

describe('a result has the shape that the options ask for', () => {
  it('rows as arrays keep columns of one name apart', async () => {
    expect(await sql.query('select 1 as a, 2 as a', [], { arrayMode: true })).toEqual([[1, 2]]);
  });

  it('full results name each field with its table, type and modifier', async () => {
    await sql`create table shapes (id int primary key, name varchar(40))`;
    const result = await sql.query('select name, id from shapes', [], { fullResults: true });
    const [table] = await sql`select 'shapes'::regclass::oid::int as oid`;
    expect(result).toMatchObject({
      command: 'SELECT',
      rowCount: 0,
      rows: [],
      rowAsArray: false,
      viaNeonFetch: true,
    });
    expect(result.fields).toEqual([
      {
        name: 'name',
        dataTypeID: driverTypes.builtins.VARCHAR,
        tableID: table?.oid,
        columnID: 2,
        dataTypeSize: -1,
        dataTypeModifier: 44,
        format: 'text',
      },
      {
        name: 'id',
        dataTypeID: driverTypes.builtins.INT4,
        tableID: table?.oid,
        columnID: 1,
        dataTypeSize: 4,
        dataTypeModifier: -1,
        format: 'text',
      },
    ]);
  });

  it.each([
    ["insert into shapes values (1, 'a'), (2, 'b')", 'INSERT', 2],
    ['update shapes set name = name where id = 1', 'UPDATE', 1],
    ['delete from shapes', 'DELETE', 2],
    ['create table more_shapes ()', 'CREATE', null],
    ['', '', null],
  ])('%s counts its rows', async (text, command, rowCount) => {
    expect(await sql.query(text, [], { fullResults: true })).toMatchObject({
      command,
      rowCount,
      rows: [],
      fields: [],
    });
  });

  it('a parameter is of the type that its statement gives it, at every call anew', async () => {
    expect(await sql.query('select $1 as value', ['1'])).toEqual([{ value: '1' }]);
    expect(await sql.query('select $1::int + 1 as value', ['1'])).toEqual([{ value: 2 }]);
    expect(await sql.query('select $1::text || 1 as value', ['1'])).toEqual([{ value: '11' }]);
    expect(await sql.query('select $1 as value', [2])).toEqual([{ value: '2' }]);
  });
});

describe('drizzle-orm/neon-http runs unmodified', () => {
  const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
  const people = pgTable('people', {
    id: uuid().primaryKey().default(drizzleSql`gen_random_uuid()`),
    name: text().notNull(),
    age: integer(),
    born: date({ mode: 'string' }),
    seen: timestamp({ withTimezone: true }),
    balance: numeric(),
    sealed: bytea(),
    tags: text().array(),
    extra: jsonb().$type<{ a: number[] }>(),
    active: boolean().default(true),
  });

  it('inserts, selects, and runs a batch as one transaction', async () => {
    const db = drizzle(sql);
    await db.execute(drizzleSql`create table people (id uuid primary key default gen_random_uuid(), name text not null,
      age int, born date, seen timestamptz, balance numeric, sealed bytea, tags text[], extra jsonb, active bool default true)`);
    const person = {
      name: "O'Connor",
      age: 44,
      born: '1980-03-09',
      seen: new Date('2026-11-24T10:00:00Z'),
      balance: '10.50',
      tags: ['a', 'b,c'],
      extra: { a: [1, 2] },
    };
    const [inserted, found, counted] = await db.batch([
      db
        .insert(people)
        .values({ ...person, sealed: Buffer.from([1, 2, 3]) })
        .returning(),
      db.select().from(people),
      db.execute(drizzleSql`select count(*)::int as n from people`),
    ]);
    expect(inserted).toEqual(found);
    expect(found).toMatchObject([{ ...person, active: true }]);
    expect(found[0]?.sealed).toEqual(Buffer.from([1, 2, 3]));
    expect(counted.rows).toEqual([{ n: 1 }]);
    await expect(db.batch([db.delete(people), db.execute(drizzleSql`select 1/0`)])).rejects.toMatchObject({
      code: '22012',
    });
    expect(await db.$count(people)).toBe(1);
  });
});
