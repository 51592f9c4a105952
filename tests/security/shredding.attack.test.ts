// Destroying a record: by two people, never under a legal hold, and then for good. What was done to it stays in the trail,
// the log still verifies, and who could see the record is told that it is gone.
import type { PatientId } from '@salus/schema';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { salus } from '../harness/salus.ts';
import { type SignedIn, type System, signIn, startSystem } from '../harness/system.ts';
import { readLog, sweep, trail, untilLogged } from '../harness/trail.ts';

const TREAT = { purpose: 'TREAT' } as const;
const HOPERAT = { purpose: 'HOPERAT' } as const;
const DECIDED = { reason: 'patient_request' } as const;

let system: System;
let provider: SignedIn;
let stranger: SignedIn;
let requester: SignedIn;
let approver: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
  stranger = await system.signedIn('provider');
  requester = await system.signedIn('privacy_officer');
  approver = await system.signedIn('admin');
});
afterAll(() => system.stop());

const created = async (record = somebody()) =>
  (await provider.client.patients.create(record, TREAT)).id as PatientId;
const request = (patientId: PatientId, by = requester) =>
  by.client.shreddings.request({ patientId, ...DECIDED }, HOPERAT);
const rowOf = async (table: string, column: string, id: string) =>
  (await system.owner.query(`select * from salus.${table} where ${column} = $1`, [id])).rows;

describe('a shredded record', () => {
  const record = somebody();
  let id: PatientId;
  let foundBefore: unknown[];
  let account: Awaited<ReturnType<System['account']>>;
  beforeAll(async () => {
    id = await created(record);
    account = await system.account('patient', { patientId: id });
    await signIn(system.url, account);
    await provider.client.patients.update({ id, version: 1, phone: '+1 555 222 3333' }, TREAT);
    foundBefore = (await provider.client.patients.search({ mrn: record.mrn }, TREAT)).items;
    const { id: asked } = await request(id);
    await approver.client.shreddings.approve({ id: asked }, HOPERAT);
  });

  it('has no key, no blind index and no ciphertext left', async () => {
    expect(foundBefore).toHaveLength(1);
    expect(await rowOf('patient_keys', 'patient_id', id)).toEqual([]);
    const [row] = await rowOf('patients', 'id', id);
    const bytes = Object.entries(row).filter(([, value]) => Buffer.isBuffer(value));
    expect(bytes).toEqual([]);
    expect(row.shredded_at).toBeInstanceOf(Date);
  });

  it('is gone for whoever could see it, at once, although its key was at hand; and unknown to everybody else', async () => {
    await expect(provider.client.patients.get({ id }, TREAT)).rejects.toMatchObject({ code: 'gone' });
    const change = { id, version: 2, phone: '+1 555 222 4444' };
    await expect(provider.client.patients.update(change, TREAT)).rejects.toMatchObject({ code: 'gone' });
    await expect(
      provider.client.patients.update({ id, version: 2, birthDate: '1950-01-01' }, TREAT),
    ).rejects.toMatchObject({ code: 'gone' });
    await expect(stranger.client.patients.get({ id }, TREAT)).rejects.toMatchObject({ code: 'not_found' });
    const refusals = await trail(system, `resource_id = $1 and details->>'reason' = 'gone'`, [id]);
    expect(refusals.map(({ type, outcome, patient_id }) => [type, outcome, patient_id])).toEqual([
      ['patient.read', 'failed', id],
      ['patient.update', 'failed', id],
      ['patient.update', 'failed', id],
    ]);
  });

  it('is in no list and found by no search, and holds no number', async () => {
    const others = await Promise.all([created(), created()]);
    const listed = await provider.client.patients.list({ limit: 1 }, TREAT);
    const ids = [...listed.items];
    for (let { nextCursor } = listed; nextCursor !== null; ) {
      const page = await provider.client.patients.list({ limit: 1, cursor: nextCursor }, TREAT);
      ids.push(...page.items);
      ({ nextCursor } = page);
    }
    expect(ids.map((item) => item.id)).toEqual(expect.arrayContaining(others));
    expect(ids.map((item) => item.id)).not.toContain(id);
    const admins = await approver.client.patients.list({ limit: 100 }, HOPERAT);
    expect(admins.items.map((item) => item.id)).not.toContain(id);
    expect((await provider.client.patients.search({ mrn: record.mrn }, TREAT)).items).toEqual([]);
    await created(somebody({ mrn: record.mrn }));
  });

  it('takes the account of its patient with it: no session, no way to sign in, nothing that names them', async () => {
    await expect(signIn(system.url, account)).rejects.toMatchObject({ code: 'credentials_refused' });
    const [row] = await rowOf('users', 'id', account.id);
    expect([row.email, row.email_index, row.display_name, row.totp_secret, row.password_hash]).toEqual(
      Array(5).fill(null),
    );
    const sessions = await rowOf('sessions', 'user_id', account.id);
    expect(sessions.length).toBeGreaterThan(0);
    expect(sessions.every(({ revoked_at }) => revoked_at !== null)).toBe(true);
  });

  it('leaves the trail whole: what was done to it, by whom, why, and the log verifies', async () => {
    const events = await trail(system, 'patient_id = $1', [id]);
    const types = events.map(({ type, outcome }) => `${type} ${outcome}`);
    expect(types).toEqual(
      expect.arrayContaining([
        'patient.create success',
        'patient.update success',
        'shredding.create success',
        'shredding.update success',
      ]),
    );
    const [approval] = events.filter(({ type }) => type === 'shredding.update');
    expect(approval).toMatchObject({
      kind: 'phi_deletion',
      actor_id: approver.account.id,
      details: { reason: 'patient_request' },
    });
    await sweep(system);
    await untilLogged(system);
    const { verdict, entries } = await readLog(system);
    expect(verdict).toMatchObject({ ok: true });
    expect(new Set(entries.map((entry) => entry.id)).size).toBe(entries.length);
  });
});

describe('two people', () => {
  it('are needed: whoever asked cannot approve, and nothing is destroyed', async () => {
    const id = await created();
    const { id: asked } = await request(id);
    await expect(requester.client.shreddings.approve({ id: asked }, HOPERAT)).rejects.toMatchObject({
      code: 'second_person_required',
    });
    expect(await provider.client.patients.get({ id }, TREAT)).toMatchObject({ id });
    const [refused] = await trail(system, `type = 'shredding.update' and resource_id = $1`, [asked]);
    expect(refused).toMatchObject({ outcome: 'denied', details: { decision: 'refused' } });
  });

  it('may take a request back, and then it approves nothing', async () => {
    const id = await created();
    const { id: asked } = await request(id);
    await expect(request(id)).rejects.toMatchObject({ code: 'conflict' });
    await approver.client.shreddings.cancel({ id: asked }, HOPERAT);
    for (const act of ['approve', 'cancel'] as const) {
      await expect(approver.client.shreddings[act]({ id: asked }, HOPERAT)).rejects.toMatchObject({
        code: 'not_found',
      });
    }
    expect(await provider.client.patients.get({ id }, TREAT)).toMatchObject({ id });
    const { items } = await approver.client.shreddings.list({ limit: 1 }, HOPERAT);
    expect(items).toMatchObject([{ id: asked, outcome: 'cancelled', decidedBy: approver.account.id }]);
  });

  it('approve once, whoever else tries at the same time', async () => {
    const id = await created();
    const { id: asked } = await request(id);
    const other = await system.signedIn('admin');
    const answers = await Promise.all(
      [approver, other, approver, other].map(({ client }) =>
        client.shreddings.approve({ id: asked }, HOPERAT).then(
          () => 'approved',
          ({ code }) => code,
        ),
      ),
    );
    expect(answers.toSorted()).toEqual(['approved', 'not_found', 'not_found', 'not_found']);
  });

  it('of another organization have no part in it', async () => {
    const id = await created();
    const foreigner = await system.signedIn('admin', { organizationId: system.otherOrganizationId });
    await expect(request(id, foreigner)).rejects.toMatchObject({ code: 'not_found' });
    const { id: asked } = await request(id);
    await expect(foreigner.client.shreddings.approve({ id: asked }, HOPERAT)).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a legal hold', () => {
  const place = (patientId?: PatientId) =>
    requester.client.legalHolds.place(
      { reason: 'litigation', matter: 'Doe v. Clinic', ...(patientId && { patientId }) },
      HOPERAT,
    );

  it.each(['a patient', 'the organization'])('on %s keeps the record until it is released', async (on) => {
    const id = await created();
    const { id: asked } = await request(id);
    const { id: hold } = await place(on === 'a patient' ? id : undefined);
    const approve = () => approver.client.shreddings.approve({ id: asked }, HOPERAT);
    await expect(approve()).rejects.toMatchObject({ code: 'legal_hold' });
    expect(await provider.client.patients.get({ id }, TREAT)).toMatchObject({ id });
    await requester.client.legalHolds.release({ id: hold }, HOPERAT);
    await expect(requester.client.legalHolds.release({ id: hold }, HOPERAT)).rejects.toMatchObject({
      code: 'not_found',
    });
    await approve();
    await expect(provider.client.patients.get({ id }, TREAT)).rejects.toMatchObject({ code: 'gone' });
  });

  it('on somebody else keeps nothing of this one', async () => {
    const [id, other] = [await created(), await created()];
    await place(other);
    const { id: asked } = await request(id);
    await approver.client.shreddings.approve({ id: asked }, HOPERAT);
    await expect(provider.client.patients.get({ id }, TREAT)).rejects.toMatchObject({ code: 'gone' });
    expect(await provider.client.patients.get({ id: other }, TREAT)).toMatchObject({ id: other });
  });

  it('is listed with its matter, which lies sealed in the database', async () => {
    const { items } = await approver.client.legalHolds.list({}, HOPERAT);
    expect(items[0]).toMatchObject({ reason: 'litigation', matter: 'Doe v. Clinic' });
    const { rows } = await system.owner.query(
      `select encode(matter, 'escape') as text from salus.legal_holds`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ text }) => text?.includes('Doe'))).toBe(false);
  });
});

describe('CRY-16: an organization that has left', () => {
  it('is not destroyed under another name, nor while anything of it is held; then wholly, and its trail stays', async () => {
    const organizationId = system.otherOrganizationId;
    const doctor = await system.signedIn('provider', { organizationId });
    const officer = await system.signedIn('privacy_officer', { organizationId });
    const left = await doctor.client.patients.create(somebody(), TREAT);
    const elsewhere = await created();
    const { id: hold } = await officer.client.legalHolds.place(
      { patientId: left.id, reason: 'audit' },
      HOPERAT,
    );
    const shred = (name: string) =>
      salus(['organization', 'shred', '--organization', organizationId, '--name', name], {
        DATABASE_URL: system.ownerUrl,
      });
    expect((await shred('Third Clinic')).exitCode).toBe(2);
    expect((await shred('Second Clinic')).stderr).toContain('a legal hold is in force');
    expect(await doctor.client.patients.get({ id: left.id }, TREAT)).toMatchObject({ mrn: left.mrn });
    await officer.client.legalHolds.release({ id: hold }, HOPERAT);
    expect(await shred('Second Clinic')).toMatchObject({ exitCode: 0, stdout: '1 records were destroyed\n' });

    await expect(doctor.client.patients.get({ id: left.id }, TREAT)).rejects.toMatchObject({
      code: 'session_ended',
    });
    const { rows } = await system.owner.query('select * from salus.users where organization_id = $1', [
      organizationId,
    ]);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.every(({ email, email_index, erased_at }) => !email && !email_index && erased_at)).toBe(true);
    expect(await rowOf('patient_keys', 'organization_id', organizationId)).toEqual([]);
    const [row] = await rowOf('patients', 'id', left.id);
    expect(Object.values(row).filter(Buffer.isBuffer)).toEqual([]);
    expect(await provider.client.patients.get({ id: elsewhere }, TREAT)).toMatchObject({ id: elsewhere });
    await sweep(system);
    await untilLogged(system, organizationId);
    const { verdict, entries } = await readLog(system, organizationId);
    expect(verdict).toMatchObject({ ok: true });
    expect(entries.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['patient.create', 'organization.shred']),
    );
  }, 120_000);
});

describe('the runtime role, past the Worker', () => {
  let attacker: pg.Client;
  beforeAll(async () => {
    attacker = new pg.Client({ connectionString: system.appUrl });
    await attacker.connect();
  });
  afterAll(() => attacker.end());

  async function within(
    who: SignedIn,
    statement: string,
    values: unknown[],
  ): Promise<Record<string, unknown>[]> {
    const { rows } = await system.owner.query('select id, role from salus.sessions where user_id = $1', [
      who.account.id,
    ]);
    await attacker.query('begin');
    try {
      await attacker.query(`select salus.begin_request($1, gen_random_uuid(), $2, 'HOPERAT')`, [
        rows[0].id,
        rows[0].role,
      ]);
      return (await attacker.query(statement, values)).rows;
    } finally {
      await attacker.query('rollback');
    }
  }

  it('deletes no key, and shreds nothing without the session of one who may', async () => {
    const id = await created();
    const { id: asked } = await request(id);
    await expect(
      within(approver, 'delete from salus.patient_keys where patient_id = $1', [id]),
    ).rejects.toMatchObject({ code: '42501' });
    expect(await within(provider, 'select outcome from salus.shred($1)', [asked])).toEqual([
      { outcome: 'not_found' },
    ]);
    expect(await within(requester, 'select outcome from salus.shred($1)', [asked])).toEqual([
      { outcome: 'second_person_required' },
    ]);
    await expect(
      within(
        approver,
        `update salus.shreddings set outcome = 'shredded', decided_by = $2, decided_at = now() where id = $1`,
        [asked, approver.account.id],
      ),
    ).rejects.toMatchObject({ code: '42501' });
    await expect(
      within(approver, 'update salus.shreddings set requested_by = $2 where id = $1', [
        asked,
        requester.account.id,
      ]),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('does so only shortly after a second factor', async () => {
    const id = await created();
    const { id: asked } = await request(id);
    const seen = (table: string) => within(approver, `select id from salus.${table}`, []);
    const tables = ['shreddings', 'legal_holds'];
    for (const table of tables) expect(await seen(table), table).not.toEqual([]);
    await system.owner.query(
      `update salus.sessions set second_factor_at = now() - interval '16 minutes' where user_id = $1`,
      [approver.account.id],
    );
    expect(await within(approver, 'select outcome from salus.shred($1)', [asked])).toEqual([
      { outcome: 'not_found' },
    ]);
    for (const table of tables) expect(await seen(table), table).toEqual([]);
  });
});
