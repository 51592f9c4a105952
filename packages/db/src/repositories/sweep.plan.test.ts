// What the sweep reads each minute: what is new, a slice of what is old, and no more when the trail is ten times as old. And
// that what it does not look at each minute is never an event without a leaf.
import type { OrganizationId } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrganization } from '../provision.ts';
import { startTestDatabase, type TestDatabase, testKeyProviders } from '../test-database.ts';
import { secondLook, withoutLeaf } from './audit-event.ts';
import { planOf } from './test-plan.ts';

const A_DAY = 300;

let database: TestDatabase;
let owner: pg.Client;
let organization: OrganizationId;
let other: OrganizationId;
beforeAll(async () => {
  database = await startTestDatabase();
  owner = database.owner;
  const providers = await testKeyProviders();
  organization = await createOrganization(owner, providers, { name: 'First' });
  other = await createOrganization(owner, providers, { name: 'Second' });
  await owner.query('delete from salus.audit_events'); // what the two were made with
  await record(0, 30);
});
afterAll(() => database.stop());

/** Three hundred events a day, so many days ago, each with its leaf. */
async function record(from: number, until: number): Promise<void> {
  await owner.query(
    `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, request_id)
     select $1, now() - interval '2 minutes' - n * (interval '1 day' / ${A_DAY}), 'phi_access', 'patient.read', 'success',
            gen_random_uuid()
       from generate_series($2::int, $3::int - 1) n`,
    [organization, from * A_DAY, until * A_DAY],
  );
  await owner.query('select salus.add_audit_months()'); // and what lies in no month moves to its own
  await owner.query(
    `insert into salus.audit_leaves (organization_id, year, index, event_id)
     select organization_id, $1, row_number() over (order by recorded_at) - 1, id from salus.audit_events e
      where not exists (select from salus.audit_leaves l where l.event_id = e.id)`,
    [1000 + until],
  );
  await owner.query('vacuum analyze salus.audit_events, salus.audit_leaves');
}

/** An event without a leaf. @returns its id */
async function leafless(ago: string, of = organization): Promise<string> {
  const { rows } = await owner.query(
    `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, request_id)
     values ($1, now() - $2::interval, 'phi_access', 'patient.read', 'success', gen_random_uuid()) returning id`,
    [of, ago],
  );
  return rows[0].id;
}

const STATEMENTS = [withoutLeaf(60, null, 500), ...secondLook(60, 500)];

/** What a minute reads, in blocks: for its first look, to note how far everything has its leaf, and for its second look. */
async function blocks(): Promise<{ first: number; noting: number; second: number }> {
  const read = [];
  for (const statement of STATEMENTS) read.push((await planOf(database.app, sql`select`, statement)).blocks);
  const [first = 0, noting = 0, second = 0] = read;
  return { first, noting, second };
}

/** A minute, of which everything is kept. @returns what its two looks have found */
async function minute(): Promise<{ first: string[]; second: string[] }> {
  const found: string[][] = [];
  for (const statement of STATEMENTS) {
    const query = new PgDialect().sqlToQuery(statement);
    const { rows } = await database.app.query(query.sql, query.params);
    found.push(rows.map(({ id }) => id));
  }
  return { first: found[0] ?? [], second: found[2] ?? [] };
}

/** As many minutes as it takes to go round the whole trail. */
async function round(): Promise<string[]> {
  const { rows } = await owner.query('select count(*)::int as n from salus.audit_events');
  const found = [];
  for (let minutes = 0; minutes <= rows[0].n / 5_000 + 1; minutes += 1) found.push((await minute()).second);
  return found.flat();
}

/** Notes where an event stands, as the queue's consumer does. */
async function place(...ids: string[]): Promise<void> {
  await owner.query(
    `insert into salus.audit_leaves (organization_id, year, index, event_id)
     select e.organization_id, 1, (select count(*) from salus.audit_leaves) + row_number() over (), e.id
       from salus.audit_events e where e.id = any ($1)`,
    [ids],
  );
}

describe('each minute', () => {
  it('the sweep reads as much of a trail that is ten times as old', async () => {
    await minute();
    const young = await blocks();
    await record(30, 300);
    const old = await blocks();
    for (const read of [young, old].flatMap(Object.values)) expect(read).toBeGreaterThan(0);
    expect([young.first, old.first].filter((read) => read > 1_000)).toEqual([]);
    expect([young.noting, old.noting].filter((read) => read > 1_000)).toEqual([]);
    // 5,000 events, each of which has its leaf looked up: an index is a step deeper when it is ten times as large.
    expect([young.second, old.second].filter((read) => read > 25_000)).toEqual([]);
  });

  it('it finds what has no leaf since weeks, and passes it only when it has one', async () => {
    const [oldest, next] = [await leafless('21 days', other), await leafless('20 days', other)];
    await place(await leafless('1 day', other), await leafless('2 hours', other));
    for (let minutes = 0; minutes < 3; minutes += 1) expect((await minute()).first).toEqual([oldest, next]);
    await place(oldest);
    expect((await minute()).first).toEqual([next]);
    await place(next);
    expect((await minute()).first).toEqual([]);
    const late = await leafless('130 minutes', other); // as if its transaction had committed ten minutes after
    expect((await minute()).first).toEqual([late]);
    await place(late);
  });

  it('it leaves to an event that was set aside its day, and comes back to it then', async () => {
    const aside = await leafless('3 hours', other);
    await owner.query(
      'insert into salus.unloggable_events (event_id, organization_id, noted_at) values ($1, $2, now())',
      [aside, other],
    );
    expect([await minute(), await round()]).toEqual([{ first: [], second: [] }, []]);
    await owner.query(`update salus.unloggable_events set noted_at = now() - interval '25 hours'`);
    expect((await minute()).first).toEqual([aside]);
    await place(aside);
    expect((await minute()).first).toEqual([]);
  });
});

describe('the second look', () => {
  it('finds within a round what has come to be behind, and again until it has its leaf', async () => {
    const old = await leafless('200 days');
    const { rows } = await owner.query(
      `delete from salus.audit_leaves where event_id = (select id from salus.audit_events
         where organization_id = $1 and recorded_at < now() - interval '100 days' order by recorded_at desc limit 1)
       returning event_id`,
      [organization],
    );
    const behind = [old, rows[0].event_id].toSorted();
    expect((await minute()).first).toEqual([]);
    for (let rounds = 0; rounds < 2; rounds += 1) {
      expect([...new Set(await round())].toSorted()).toEqual(behind);
    }
    await place(...behind);
    expect(await round()).toEqual([]);
  });

  it('passes none when there are more than it may answer', async () => {
    const { rows } = await owner.query(
      `delete from salus.audit_leaves where event_id in (select id from salus.audit_events
         where organization_id = $1 and recorded_at < now() - interval '50 days' order by recorded_at limit 1200)
       returning event_id`,
      [organization],
    );
    const found = [...(await round()), ...(await round())];
    expect(new Set(found)).toEqual(new Set(rows.map(({ event_id }) => event_id)));
  });
});
