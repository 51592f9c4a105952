// AUD-13: whoever has the runtime role's password deletes no event before its time, whatever they pass to the functions of
// retention, in whatever order, under whatever name. The database's clock and its own tables decide.
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../harness/database.ts';

const PRESENT = new Date().getUTCFullYear();
/** The youngest year that six years have passed since, and the one after, which must stay. */
const DUE = PRESENT - 7;
const YOUNG = DUE + 1;
const ROOT = `\\x${'09'.repeat(32)}`;

let database: TestDatabase;
let attacker: pg.Client;
let organization: string;
let other: string;

beforeAll(async () => {
  database = await startTestDatabase(inject('cluster'));
  attacker = new pg.Client({ connectionString: database.appUrl });
  await attacker.connect();
});
afterAll(async () => {
  await attacker.end();
  await database.stop();
});
beforeEach(async () => {
  organization = await aTrail();
  other = await aTrail();
});

const owner = async (text: string, values: unknown[] = []) => (await database.owner.query(text, values)).rows;

/** An organization with two events a year, each in its log, since the year that is due. */
async function aTrail(): Promise<string> {
  const id = crypto.randomUUID();
  await owner('insert into salus.organizations (id, name) values ($1, $2)', [id, 'clinic']);
  for (let year = DUE; year <= PRESENT - 1; year++) {
    await anEvent(id, `${year}-01-01T00:00:00Z`, year, 0);
    await anEvent(id, `${year}-12-31T23:59:59.999999Z`, year, 1);
  }
  return id;
}

async function anEvent(of: string, at: string, year: number, index: number | null): Promise<void> {
  const [row] = await owner(
    `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, request_id)
     values ($1, $2, 'phi_access', 'patient.read', 'success', gen_random_uuid()) returning id`,
    [of, at],
  );
  if (index === null) return;
  await owner(
    'insert into salus.audit_leaves (organization_id, year, index, event_id) values ($1, $2, $3, $4)',
    [...[of, year, index, row.id]],
  );
}

/** Calls a function as a job of the organization would, and keeps what it did. */
async function asJob(call: string, values: unknown[] = [], of = organization, job = 'retention') {
  await attacker.query('begin');
  try {
    await attacker.query('select salus.begin_job($1, gen_random_uuid(), $2)', [of, job]);
    const { rows } = await attacker.query(`select * from salus.${call}`, values);
    await attacker.query('commit');
    return rows[0];
  } catch (error) {
    await attacker.query('rollback');
    throw error;
  }
}

const begin = (year: number, of = organization) => asJob('begin_expiry($1)', [year], of);
const record = (year: number, size = 2) => asJob('record_expiry($1, $2, $3)', [year, size, ROOT]);
const drop = (year: number, of = organization) => asJob('drop_expired_events($1, 1000)', [year], of);

/** Puts the event that a year has ended in the present log. */
const log = (of = organization) =>
  owner(
    `insert into salus.audit_leaves (organization_id, year, index, event_id)
     select organization_id, $2, (select count(*) from salus.audit_leaves), event_id from salus.expired_years
      where organization_id = $1 and event_id is not null on conflict do nothing`,
    [of, PRESENT],
  );

async function eventsOf(year: number, of = organization): Promise<number> {
  const [row] = await owner(
    `select count(*)::int as n from salus.audit_events
      where organization_id = $1 and type = 'patient.read' and extract(year from recorded_at at time zone 'UTC') = $2`,
    [of, year],
  );
  return row.n;
}

const refusalsOf = () =>
  owner(
    `select actor_role, outcome, (details->>'year')::int as year, details->>'reason' as reason
       from salus.audit_events where organization_id = $1 and type = 'retention.refused' order by recorded_at`,
    [organization],
  );

describe('an event that is younger than six years', () => {
  it('stays, whatever is asked for, and asking is in the trail', async () => {
    const years = [YOUNG, PRESENT - 1, PRESENT, PRESENT + 1, 9999];
    for (const year of years) {
      expect(await begin(year)).toMatchObject({ refusal: 'too_young' });
      await expect(record(year)).rejects.toMatchObject({ code: 'SA404' });
      expect(await drop(year)).toMatchObject({ refusal: 'too_young', dropped: 0 });
    }
    expect(await refusalsOf()).toEqual(
      years.map((year) => ({ actor_role: 'job.retention', outcome: 'denied', year, reason: 'too_young' })),
    );
    for (let year = DUE; year < PRESENT; year++) expect(await eventsOf(year)).toBe(2);
  });

  it('stays beside a year that is dropped, to the microsecond', async () => {
    await begin(DUE);
    await record(DUE);
    await log();
    for (const year of [null, -1, 0, DUE - 1, 2_147_483_647]) {
      await asJob('drop_expired_events($1, 1000)', [year]).catch(() => undefined);
      await asJob('drop_expired_events($1, null)', [year]).catch(() => undefined);
    }
    expect(await drop(DUE)).toMatchObject({ refusal: null, dropped: 2, remaining: false });
    expect(await eventsOf(DUE)).toBe(0);
    for (let year = YOUNG; year < PRESENT; year++) expect(await eventsOf(year)).toBe(2);
    for (let year = DUE; year < PRESENT; year++) expect(await eventsOf(year, other)).toBe(2);
  });

  it('stays even where the rule that decides on years is wrong', async () => {
    const year = PRESENT - 2;
    const [rule] = await owner(`select pg_get_functiondef('salus.retention_refusal'::regproc) as text`);
    await owner(
      'create or replace function salus.retention_refusal(of_organization uuid, of_year integer) returns text language sql as $$ select null $$',
    );
    try {
      await begin(year);
      await record(year);
      await log();
      expect(await drop(year)).toMatchObject({ refusal: null, dropped: 0, remaining: true });
    } finally {
      await owner(rule.text);
    }
    expect(await eventsOf(year)).toBe(2);
  });

  it('stays when the runtime role tries to decide for itself that its time has come', async () => {
    for (const sql of [
      `insert into salus.retention_rules (organization_id, years, basis) values ('${organization}', 6, 'mine')`,
      'select from salus.retention_rules',
      'update salus.retention_rules set years = 6',
      'delete from salus.retention_rules',
      'select from salus.expired_years',
      'update salus.expired_years set finished_at = null',
      `insert into salus.expired_years (organization_id, year) values ('${organization}', ${YOUNG})`,
      'delete from salus.audit_events',
      'delete from salus.audit_leaves',
      `select salus.record_retention('retention.expired', 'system_change', 'success', null)`,
      `select salus.retention_refusal('${organization}', ${DUE})`,
    ]) {
      await expect(attacker.query(sql), sql).rejects.toMatchObject({ code: '42501' });
    }
    for (const years of [5, 0, -6, null]) {
      await expect(
        owner(`insert into salus.retention_rules (organization_id, years, basis) values ($1, $2, 'x')`, [
          organization,
          years,
        ]),
      ).rejects.toMatchObject({ code: expect.stringMatching(/^(23514|23502)$/) });
    }
  });
});

describe('a year whose time has come', () => {
  it('goes by the steps there are and no other way: decided, recorded, in the log', async () => {
    expect(await drop(DUE)).toMatchObject({ refusal: 'not_in_log', dropped: 0 });
    await expect(record(DUE)).rejects.toMatchObject({ code: 'SA404' });
    expect(await begin(DUE)).toMatchObject({ refusal: null });
    expect(await drop(DUE)).toMatchObject({ refusal: 'not_in_log', dropped: 0 });
    await expect(record(DUE, 1)).rejects.toMatchObject({ code: 'SA409' });
    await expect(record(DUE, 3)).rejects.toMatchObject({ code: 'SA409' });
    expect(await record(DUE)).toMatchObject({ refusal: null, event: { type: 'retention.expired' } });
    expect(await record(DUE)).toMatchObject({ refusal: null, event: null });
    await expect(asJob('record_expiry($1, 2, $2)', [DUE, `\\x${'08'.repeat(32)}`])).rejects.toMatchObject({
      code: 'SA409',
    });
    expect(await drop(DUE)).toMatchObject({ refusal: 'not_in_log', dropped: 0 });
    expect(await eventsOf(DUE)).toBe(2);
    await log();
    expect(await drop(DUE)).toMatchObject({ refusal: null, dropped: 2 });
  });

  it('goes for its own organization alone', async () => {
    await begin(DUE);
    await record(DUE);
    await log();
    expect(await drop(DUE, other)).toMatchObject({ refusal: 'not_in_log', dropped: 0 });
    await drop(DUE);
    expect([await eventsOf(DUE), await eventsOf(DUE, other)]).toEqual([0, 2]);
  });

  it('goes in no other job’s name, in no session’s, and without a context in nobody’s', async () => {
    for (const call of [
      `begin_expiry(${DUE})`,
      `record_expiry(${DUE}, 2, '${ROOT}')`,
      `month_in_log(${DUE}, 1)`,
      `destruction_refusal(${DUE})`,
      `drop_expired_events(${DUE}, 10)`,
      'drop_empty_months()',
    ]) {
      const error = { code: 'SA404' };
      await expect(attacker.query(`select * from salus.${call}`), call).rejects.toMatchObject(error);
      await expect(asJob(call, [], organization, 'report'), call).rejects.toMatchObject(error);
    }
    expect(await eventsOf(DUE)).toBe(2);
  });

  it('stays under a legal hold, placed at any step', async () => {
    const release = await hold();
    expect(await begin(DUE)).toMatchObject({ refusal: 'held' });
    await release();
    await begin(DUE);
    await hold();
    expect(await record(DUE)).toMatchObject({ refusal: 'held', event: { type: 'retention.refused' } });
    await release();
    await record(DUE);
    await log();
    await hold();
    expect(await drop(DUE)).toMatchObject({ refusal: 'held', dropped: 0 });
    expect(await eventsOf(DUE)).toBe(2);
    await release();
    expect(await drop(DUE)).toMatchObject({ refusal: null, dropped: 2 });
    expect((await refusalsOf()).map(({ reason }) => reason)).toEqual(['held', 'held']);
  });

  it('keeps an event that no leaf stands for: it may be all that there is of it', async () => {
    await begin(DUE);
    await record(DUE);
    await log();
    await anEvent(organization, `${DUE}-06-01T00:00:00Z`, DUE, null);
    expect(await drop(DUE)).toMatchObject({ refusal: null, dropped: 2, remaining: true });
    expect(await drop(DUE)).toMatchObject({ refusal: null, dropped: 0, remaining: true });
    expect(await eventsOf(DUE)).toBe(1);
  });
});

/** Places a hold on a patient of the organization; answers what releases it. */
async function hold(): Promise<() => Promise<unknown>> {
  await owner(
    `insert into salus.organization_keys (organization_id, version, provider, wrapped) values ($1, 1, 'none', '\\x00')
     on conflict do nothing`,
    [organization],
  );
  const [user] = await owner(
    `insert into salus.users (organization_id, id, role, erased_at, disabled_at, organization_key_version, email_index_version)
     values ($1, gen_random_uuid(), 'privacy_officer', now(), now(), 1, 1) returning id`,
    [organization],
  );
  const [patient] = await owner(
    `insert into salus.patients (organization_id, id, version, created_by, shredded_at, key_version, organization_key_version)
     values ($1, gen_random_uuid(), 1, $2, now(), 1, 1) returning id`,
    [organization, user.id],
  );
  await owner(
    `insert into salus.legal_holds (organization_id, id, patient_id, reason, placed_by)
     values ($1, gen_random_uuid(), $2, 'litigation', $3)`,
    [organization, patient.id, user.id],
  );
  return () =>
    owner(
      'update salus.legal_holds set released_by = placed_by, released_at = now() where organization_id = $1 and released_at is null',
      [organization],
    );
}

describe('a month of the trail', () => {
  const months = async () => {
    const rows = await owner(
      `select p.relname as name from pg_inherits i join pg_class p on p.oid = i.inhrelid
        where i.inhparent = 'salus.audit_events'::regclass order by 1`,
    );
    return rows.map(({ name }) => name);
  };

  it('goes when its time has come and nobody has an event in it', async () => {
    await owner('select salus.add_audit_months()');
    const [first, last] = [`audit_events_${DUE}_01`, `audit_events_${DUE}_12`];
    expect(await months()).toEqual(expect.arrayContaining([first, last, 'audit_events_default']));

    // Everybody's but one organization's: the months stay.
    const everybody = await owner('select id from salus.organizations where id <> $1', [organization]);
    await owner('delete from salus.audit_events where recorded_at < $1 and organization_id = any($2)', [
      `${YOUNG}-01-01`,
      everybody.map(({ id }) => id),
    ]);
    await asJob('drop_empty_months()');
    expect(await months()).toEqual(expect.arrayContaining([first, last]));

    await owner('delete from salus.audit_events where recorded_at < $1', [`${YOUNG}-01-01`]);
    // An empty month that is too young is none of it.
    await owner('delete from salus.audit_events where recorded_at >= $1 and recorded_at < $2', [
      `${YOUNG}-12-01`,
      `${YOUNG + 1}-01-01`,
    ]);
    await asJob('drop_empty_months()');
    const after = await months();
    expect(after).not.toContain(first);
    expect(after).not.toContain(last);
    expect(after).toEqual(expect.arrayContaining([`audit_events_${YOUNG}_12`, 'audit_events_default']));
  });

  it('stays for now while somebody reads it', async () => {
    await owner('select salus.add_audit_months()');
    await owner('delete from salus.audit_events where recorded_at < $1', [`${YOUNG}-01-01`]);
    const reader = new pg.Client({ connectionString: database.ownerUrl });
    await reader.connect();
    try {
      await reader.query('begin');
      await reader.query('select count(*) from salus.audit_events');
      const before = await months();
      await asJob('drop_empty_months()');
      expect(await months()).toEqual(before);
      await reader.query('rollback');
    } finally {
      await reader.end();
    }
    await asJob('drop_empty_months()');
    expect(await months()).not.toContain(`audit_events_${DUE}_01`);
  });
});
