// How PostgreSQL answers a search of the trail, at 200,000 events over a year of months: through an index, whatever is
// asked for, reading little, and nothing of months that the search is not about.
import { type AuditSearch, patientId, userId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrganization, createUser, openSession, provisionPlatform } from '../provision.ts';
import { startTestDatabase, type TestDatabase, testKeyProviders } from '../test-database.ts';
import { accessLogStatement } from './access-log.ts';
import { searchStatement } from './audit-search.ts';
import { planOf } from './test-plan.ts';

const EVENTS = 200_000;
/** The id of the user, patient or request of that number. */
const numbered = (kind: string, n: number) =>
  `019abc00-0000-7000-8000-${kind}${String(n).padStart(12 - kind.length, '0')}`;

/** The first organization with nine tenths of the events, the other with the rest; 50 users, 2,000 patients; one event in 100 a refusal. */
const SEED = `
  insert into salus.audit_events
    (organization_id, recorded_at, kind, type, outcome, actor_id, actor_role, patient_id, resource, purpose, request_id)
  select case when n % 10 = 0 then $2::uuid else $1::uuid end,
         date_trunc('month', now(), 'UTC') + n * (interval '360 days' / ${EVENTS}),
         case when n % 5000 = 1 then 'system_change' else 'phi_access' end,
         case when n % 5000 = 1 then 'user.create' else 'patient.read' end,
         case when n % 100 = 7 then 'denied' else 'success' end,
         ('019abc00-0000-7000-8000-a' || lpad((n % 50)::text, 11, '0'))::uuid, 'provider',
         ('019abc00-0000-7000-8000-b' || lpad((n % 2000)::text, 11, '0'))::uuid,
         case when n % 5000 = 1 then 'user' else 'patient' end, 'TREAT',
         ('019abc00-0000-7000-8000-c' || lpad(n::text, 11, '0'))::uuid
    from generate_series(1, ${EVENTS}) n`;

let database: TestDatabase;
let owner: pg.Client;
let organization: string;
let session: string;
let sessionOfPatient: string;
beforeAll(async () => {
  database = await startTestDatabase();
  owner = database.owner;
  await prepare();
});
afterAll(() => database.stop());

async function prepare(): Promise<void> {
  const providers = await testKeyProviders();
  await provisionPlatform(owner, providers);
  const first = await createOrganization(owner, providers, { name: 'First' });
  organization = first;
  const other = await createOrganization(owner, providers, { name: 'Second' });
  const officer = await createUser(owner, providers, {
    organizationId: first,
    role: 'privacy_officer',
    email: 'officer@clinic.example',
    displayName: 'Somebody',
    passwordHash: 'none',
    totpSecret: 'none',
  });
  session = await openSession(owner, officer);
  await owner.query('set session_replication_role = replica'); // the patient's row is of no use here
  const patient = await createUser(owner, providers, {
    organizationId: first,
    role: 'patient',
    email: 'patient@mail.example',
    displayName: 'Somebody',
    passwordHash: 'none',
    totpSecret: 'none',
    patientId: patientId.parse(numbered('b', 11)),
  });
  await owner.query('reset session_replication_role');
  sessionOfPatient = await openSession(owner, patient);
  await owner.query(SEED, [first, other]);
  await owner.query('vacuum analyze salus.audit_events');
}

/** What a search does, in a privacy officer's session. */
function search(query: Partial<AuditSearch>, before: string | null = null) {
  const statement = searchStatement({
    query,
    before,
    limit: 50,
    fields: ['id', 'recordedAt', 'type', 'outcome', 'requestId'],
    origin: sql`null::bytea`,
  });
  return explain(statement, { session, role: 'privacy_officer' });
}

/** What a statement does with the trail, and how many events its page has. */
async function explain(statement: SQL, who: { session: string; role: string }) {
  const begin = sql`select salus.begin_request(${who.session}::uuid, gen_random_uuid(), ${who.role}, 'HOPERAT')`;
  const { rows, blocks, scans } = await planOf(database.app, begin, statement);
  const page: unknown = rows[0]?.found ?? rows[0]?.page;
  return {
    found: Array.isArray(page) ? page.length : 0,
    blocks,
    scans: scans.filter(({ of }) => of.startsWith('audit_events')),
  };
}

/** `2026-11-01T00:00:00.000Z`, so many months after this one. */
function monthsAhead(months: number): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months)).toISOString();
}

const partitionOf = (month: string) => `audit_events_${month.slice(0, 7).replace('-', '_')}`;

const SEARCHES: [string, Partial<AuditSearch>, number][] = [
  ['nothing but its page', {}, 50],
  ['a patient', { patientId: patientId.parse(numbered('b', 11)) }, 50],
  ['an actor', { actorId: userId.parse(numbered('a', 11)) }, 50],
  ['a kind that is rare', { kind: 'system_change' }, 45],
  ['a kind that is not', { kind: 'phi_access' }, 50],
  ['a type', { type: 'user.create' }, 42],
  ['what was refused', { outcome: 'denied' }, 50],
  ['what was not', { outcome: 'success' }, 50],
  ['a resource', { resource: 'user' }, 42],
  ['a request', { requestId: numbered('c', 12_345) }, 1],
  ['a patient and an outcome', { patientId: patientId.parse(numbered('b', 7)), outcome: 'denied' }, 50],
  ['what there is none of', { type: 'patient.delete' }, 0],
];

describe('a search by', () => {
  it.each(SEARCHES)('%s reads through an index, and little', async (_, query, found) => {
    const plan = await search(query);
    expect(plan.found).toBe(found);
    expect(plan.scans.length).toBeGreaterThan(0);
    expect(plan.scans.filter(({ how }) => !/^(Index|Bitmap)/.test(how))).toEqual([]);
    expect(plan.blocks).toBeLessThan(400);
  });

  it('any of these together reads through an index all the same', async () => {
    const filters = SEARCHES.map(([, query]) => query);
    const pairs = filters.flatMap((one, at) => filters.slice(at + 1).map((other) => ({ ...one, ...other })));
    for (const query of [...pairs, Object.assign({}, ...filters)]) {
      const plan = await search(query);
      expect(plan.scans.filter(({ how }) => !/^(Index|Bitmap)/.test(how))).toEqual([]);
      expect(plan.blocks).toBeLessThan(3_000);
    }
  });

  it.each(SEARCHES)('%s within a month reads that month alone', async (_, query) => {
    const plan = await search({ ...query, from: monthsAhead(3), until: monthsAhead(4) });
    expect(new Set(plan.scans.map(({ of }) => of))).toEqual(new Set([partitionOf(monthsAhead(3))]));
    expect(plan.blocks).toBeLessThan(200);
  });

  it('a cursor goes on where the page before ended, and reads no month after it', async () => {
    const plan = await search({}, `${monthsAhead(2)} ${numbered('c', 1)}`);
    expect(plan.found).toBe(50);
    const later = [3, 4, 5, 6].map((months) => partitionOf(monthsAhead(months)));
    expect(plan.scans.filter(({ of }) => later.includes(of))).toEqual([]);
  });
});

describe('a patient’s own access log', () => {
  it.each([null, 'a cursor'])('reads through indexes, and little, from %s on', async (from) => {
    const before = from === null ? null : `${monthsAhead(2)} ${numbered('c', 1)}`;
    const statement = accessLogStatement({
      type: 'audit_event.list',
      fields: ['id'],
      before,
      limit: 10,
      origin: sql`null::bytea`,
    });
    const plan = await explain(statement, { session: sessionOfPatient, role: 'patient' });
    expect(plan.found).toBe(10);
    expect(plan.scans.filter(({ how }) => !/^(Index|Bitmap)/.test(how))).toEqual([]);
    expect(plan.blocks).toBeLessThan(600);
    if (before !== null) expect(plan.scans.map(({ of }) => of)).not.toContain(partitionOf(monthsAhead(4)));
  });
});

describe('the months of the trail', () => {
  const partitions = async () => {
    const { rows } = await owner.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'salus.audit_events'::regclass order by 1`,
    );
    return rows.map(({ name }) => name.replace('salus.', ''));
  };

  it('are there for a year and a half from now, by names that say which they are', async () => {
    const expected = Array.from({ length: 19 }, (_, months) => partitionOf(monthsAhead(months)));
    expect(await partitions()).toEqual([...expected, 'audit_events_default'].toSorted());
  });

  it('are made by the runtime role through the one function it has for that, and each once', async () => {
    const last = partitionOf(monthsAhead(18));
    await owner.query(`drop table salus.${last}`);
    const { rows } = await database.app.query('select salus.add_audit_months() as made');
    expect(rows).toEqual([{ made: 1 }]);
    expect(await partitions()).toContain(last);
    expect((await database.app.query('select salus.add_audit_months() as made')).rows).toEqual([{ made: 0 }]);
    const { rows: secured } = await owner.query(
      `select relrowsecurity and relforcerowsecurity as forced,
              (select count(*)::int from pg_policy where polrelid = c.oid) as policies from pg_class c where relname = $1`,
      [last],
    );
    expect(secured).toEqual([{ forced: true, policies: 1 }]);
    await expect(database.app.query(`select from salus.${last}`)).rejects.toMatchObject({ code: '42501' });
  });

  it('take in what was recorded while they were missing', async () => {
    const late = monthsAhead(30);
    const { rows: before } = await owner.query(
      `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, request_id)
       values ($1, $2, 'security', 'integrity.failed', 'failed', gen_random_uuid()) returning *, tableoid::regclass::text as lies`,
      [organization, late],
    );
    expect(before[0].lies).toBe('salus.audit_events_default');
    await database.app.query('select salus.add_audit_months()');
    const { rows: after } = await owner.query(
      'select *, tableoid::regclass::text as lies from salus.audit_events where id = $1',
      [before[0].id],
    );
    expect(after).toEqual([{ ...before[0], lies: `salus.${partitionOf(late)}` }]);
  });
});
