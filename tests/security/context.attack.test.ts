// A context is made once in a transaction and says what the database said then. Here whoever runs SQL as the runtime role tries
// to have two in one transaction, to read another one out of what was made, and to begin with what the trail says of a session.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { rolledBack, type Statement, sessionOf } from '../harness/runtime-role.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';

let system: System;
let attacker: pg.Client;
let provider: SignedIn;
let foreigner: SignedIn;
let administrator: SignedIn;
let patientId: string;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
  foreigner = await system.signedIn('billing', { organizationId: system.otherOrganizationId });
  administrator = await system.signedIn('admin');
  ({ id: patientId } = await provider.client.patients.create(somebody(), { purpose: 'TREAT' }));
  attacker = new pg.Client({ connectionString: system.appUrl });
  await attacker.connect();
});
afterAll(async () => {
  await attacker.end();
  await system.stop();
});

const within = (...statements: Statement[]) => rolledBack(attacker, statements);

async function begin(who: SignedIn, role: string): Promise<[string, unknown[]]> {
  return [
    `select salus.begin_request($1, gen_random_uuid(), $2, 'HPAYMT')`,
    [await sessionOf(system, who), role],
  ];
}

const job = (name: string): [string, unknown[]] => [
  'select salus.begin_job($1, gen_random_uuid(), $2)',
  [system.organizationId, name],
];

const SECOND = { code: '25000' };

describe('two contexts in one transaction', () => {
  it('are refused, whichever they are, and however the first was left', async () => {
    const own = await begin(foreigner, 'billing');
    await expect(within(own, own)).rejects.toMatchObject(SECOND);
    await expect(within(own, job('report'))).rejects.toMatchObject(SECOND);
    await expect(within(job('report'), own)).rejects.toMatchObject(SECOND);
    const forgotten: [string] = [`select set_config('salus.context', '', true)`];
    await expect(within(own, forgotten, job('report'))).rejects.toMatchObject(SECOND);
    // Settings and locks go with a savepoint; a context that was kept beside it would still have its code.
    await expect(
      within(['savepoint before'], own, ['rollback to before'], job('report')),
    ).rejects.toMatchObject(SECOND);
  });

  it('RLS-09: cannot lend each other organization and role in the middle of a statement', async () => {
    // A policy asks for the organization first and for the role once a row is of that organization: between the two the context
    // of a job of another organization gives way to the attacker's own.
    await attacker.query(
      `create function pg_temp.turn(step integer, own uuid, organization uuid, patient uuid) returns uuid language plpgsql as $$
       begin
         if step = 1 then
           perform salus.begin_job(organization, gen_random_uuid(), 'report');
           return gen_random_uuid();
         end if;
         perform salus.begin_request(own, gen_random_uuid(), 'billing', 'HPAYMT');
         return patient;
       end $$`,
    );
    const mixed: [string, unknown[]] = [
      `select p.id, p.name
         from generate_series(1, 2) step
        cross join lateral (select pg_temp.turn(step, $1, $2, $3) as id offset 0) turned
        cross join lateral (select * from salus.patients p where p.id = turned.id offset 0) p`,
      [await sessionOf(system, foreigner), system.organizationId, patientId],
    ];
    await expect(within(['set local enable_seqscan = off'], mixed)).rejects.toMatchObject(SECOND);
  });
});

describe('a plan that was made under one context', () => {
  it('shows under another, on the same connection, what that one may see', async () => {
    const stranger = await system.signedIn('provider');
    const own = await begin(provider, 'provider');
    await attacker.query(`set plan_cache_mode = 'force_generic_plan'`);
    await attacker.query('prepare records as select count(*)::int as n from salus.patients');
    const seen: [string] = ['execute records'];
    const found: [string, unknown[]] = [
      'select count(*)::int as n from salus.visible_patients(array[$1::uuid])',
      [patientId],
    ];
    for (const look of [seen, found]) {
      expect(await within(own, look)).toEqual([{ n: 1 }]);
      expect(await within(look)).toEqual([{ n: 0 }]);
      expect(await within(await begin(stranger, 'provider'), look)).toEqual([{ n: 0 }]);
      expect(await within(own, look)).toEqual([{ n: 1 }]);
    }
  });
});

describe('what a context says', () => {
  it('is said of a session that was not seen for a while, too, and it is seen then', async () => {
    const session = await sessionOf(system, provider);
    await system.owner.query(
      `update salus.sessions set last_seen_at = now() - interval '2 minutes' where id = $1`,
      [session],
    );
    const seen =
      "select last_seen_at > now() - interval '1 minute' as just_now from salus.sessions where id = $1";
    expect((await system.owner.query(seen, [session])).rows).toEqual([{ just_now: false }]);
    await provider.client.patients.list({}, { purpose: 'TREAT' });
    expect((await system.owner.query(seen, [session])).rows).toEqual([{ just_now: true }]);
  });

  it('SES-10: is read as it was written, whatever the settings of dates were and are', async () => {
    const session = await sessionOf(system, administrator);
    const { rows: stored } = await system.owner.query(
      `update salus.sessions set second_factor_at = now() - interval '2 hours' where id = $1
       returning extract(epoch from second_factor_at) as at`,
      [session],
    );
    const asAdministrator = await begin(administrator, 'admin');
    const seen: [string] = [
      `select extract(epoch from (salus.context()).second_factor_at) as at, count(p.id)::int as records
         from (select) one left join salus.patients p on true`,
    ];
    // In India it is half past six by IST when it is half past four by the IST of Israel.
    const india: [string][] = [[`set local datestyle = 'SQL'`], [`set local timezone = 'Asia/Kolkata'`]];
    const elsewhere: [string] = [`set local timezone = 'UTC'`];
    for (const style of ['ISO', 'SQL, DMY', 'Postgres, DMY', 'German']) {
      const written: [string] = [`set local datestyle = '${style}'`];
      const read: [string] = [`set local datestyle = 'SQL, MDY'`];
      expect(await within(written, asAdministrator, read, seen)).toEqual([{ ...stored[0], records: 0 }]);
    }
    expect(await within(...india, asAdministrator, elsewhere, seen)).toEqual([{ ...stored[0], records: 0 }]);
  });
});

describe('what the trail says of a session', () => {
  it('TOK-12: is one name for all of its events, and none that begins anything', async () => {
    const leaving = await system.signedIn('provider');
    const call = (path: string, input: unknown, purpose: string) =>
      system.post(`/trpc/${path}`, input, { ...leaving.headers(), 'purpose-of-use': purpose });
    expect((await call('patients.list', {}, 'TREAT')).status).toBe(200);
    expect((await call('patients.get', { id: patientId }, 'TREAT')).status).toBe(404);
    expect((await call('patients.list', {}, 'PATRQT')).status).toBe(403);
    expect((await call('auth.signOut', undefined, 'TREAT')).status).toBe(200);
    expect((await call('patients.list', {}, 'TREAT')).status).toBe(401);
    const { rows: events } = await system.owner.query(
      `select array_agg(distinct type order by type) as types, count(distinct session_id)::int as names,
              array_agg(distinct outcome order by outcome) as outcomes
         from salus.audit_events where actor_id = $1 and session_id is not null`,
      [leaving.account.id],
    );
    expect(events).toEqual([
      {
        types: ['patient.list', 'patient.read', 'sign_in.second_factor', 'sign_out'],
        names: 1,
        outcomes: ['denied', 'success'],
      },
    ]);
    const { rows: counted } = await system.owner.query(
      `select count(*)::int as n from salus.refusal_windows where actor_id = $1`,
      [leaving.account.id],
    );
    expect(counted).toEqual([{ n: 1 }]);
    const { rows: ids } = await system.owner.query(
      `select count(*)::int as n from salus.sessions s
        where s.id in (select session_id from salus.audit_events union select session_id from salus.refusal_windows)`,
    );
    expect(ids).toEqual([{ n: 0 }]);

    const told = await within(job('alert'), [
      `select session_id::text as id from salus.audit_events where session_id is not null
       union
       select event->>'sessionId' from salus.events_without_leaf('-1 minute', null, null, 100) where event->>'sessionId' is not null`,
    ]);
    expect(told.length).toBeGreaterThan(1);
    for (const { id } of told) {
      for (const role of ['provider', 'admin', 'billing']) {
        await expect(
          within([`select salus.begin_request($1, gen_random_uuid(), $2, 'TREAT')`, [id, role]]),
        ).rejects.toMatchObject({ code: 'SA401' });
      }
    }
  });
});

describe('without a context', () => {
  it('nobody is told whether a legal hold is in force', async () => {
    await expect(
      within(['select salus.is_held($1, $2)', [system.organizationId, patientId]]),
    ).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a read that has to wait for its session', () => {
  it('shows nothing that was taken from it meanwhile', async () => {
    const nurse = await system.signedIn('nurse');
    const member = { patientId, userId: nurse.account.id };
    await provider.client.careTeam.assign(member, { purpose: 'TREAT' });
    const session = await sessionOf(system, nurse);
    const { owner } = system;
    // A session that was not seen for a minute is written, and so waits for whoever has its row.
    const unseen = "update salus.sessions set last_seen_at = now() - interval '2 minutes' where id = $1";
    const read = () => nurse.client.patients.get({ id: patientId }, { purpose: 'TREAT' });
    await owner.query(unseen, [session]);
    await expect(read()).resolves.toMatchObject({ id: patientId });
    await owner.query(unseen, [session]);

    await owner.query('begin');
    await owner.query('select from salus.sessions where id = $1 for update', [session]);
    const late = expect(read()).rejects.toMatchObject({ code: 'not_found' });
    await expect
      .poll(async () => (await attacker.query('select from pg_locks where not granted')).rowCount)
      .toBe(1);
    await provider.client.careTeam.remove(member, { purpose: 'TREAT' });
    await owner.query('rollback');
    await late;
  });
});
