// A patient's own list of who opened their record: complete, theirs alone, in plain words, and provable to anybody.
import { noteSigner, verifyTlogProof } from '@salus/audit/log';
import { type PatientId, patientId } from '@salus/schema';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { LOG_ORIGIN, LOG_SEED, type SignedIn, type System, startSystem } from '../harness/system.ts';
import { damageTiles, trail, untilLogged } from '../harness/trail.ts';

const TREAT = { purpose: 'TREAT' } as const;
const HOPERAT = { purpose: 'HOPERAT' } as const;
const HPAYMT = { purpose: 'HPAYMT' } as const;
const PATRQT = { purpose: 'PATRQT' } as const;

let system: System;
let provider: SignedIn;
let nurse: SignedIn;
let officer: SignedIn;
let patient: SignedIn;
let id: PatientId;
let otherId: PatientId;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
  nurse = await system.signedIn('nurse');
  officer = await system.signedIn('privacy_officer');
  id = patientId.parse((await provider.client.patients.create(somebody(), TREAT)).id);
  otherId = patientId.parse((await provider.client.patients.create(somebody(), TREAT)).id);
  patient = await system.signedIn('patient', { patientId: id });
  await provider.client.patients.get({ id, fields: ['name', 'birthDate'] }, TREAT);
  await provider.client.patients.get({ id: otherId }, TREAT);
  await provider.client.patients.update({ id, version: 1, phone: '555-000-1111' }, TREAT);
  await nurse.client.patients.get({ id }, TREAT).catch(() => undefined);
  await provider.client.careTeam.assign({ patientId: id, userId: nurse.account.id }, TREAT);
  await nurse.client.patients.list({}, TREAT);
  const { client } = await system.signedIn('billing');
  await client.patients.get({ id, fields: ['address'] }, HPAYMT);
  await officer.client.legalHolds.place({ patientId: id, reason: 'investigation' }, HOPERAT);
});
afterAll(() => system.stop());

async function nameOf({ account }: SignedIn): Promise<string> {
  const page = await patient.client.accessLog.list({ limit: 100 }, PATRQT);
  const rows = await trail(system, 'actor_id = $1 and patient_id = $2', [account.id, id]);
  return page.items.find((item) => rows.some((row) => row.id === item.id))?.who ?? '';
}

describe('a patient’s list of who opened their record', () => {
  it('says who, in which role, what, which parts of it, when, why and how it ended', async () => {
    const { items } = await patient.client.accessLog.list({ limit: 100 }, PATRQT);
    const [doctor, carer] = [await nameOf(provider), await nameOf(nurse)];
    expect(doctor).toMatch(/^Somebody \d+$/);
    expect(carer).not.toBe(doctor);
    expect(items.map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(
        /^Somebody \d+ \(billing staff\) opened your record, to have your care paid for\.$/,
      ),
      `${carer} (nurse) saw you in a list of patients, to treat you.`,
      `${doctor} (doctor or other clinician) added somebody to your care team, to treat you.`,
      `${carer} (nurse) tried to open your record, to treat you, and was refused.`,
      `${doctor} (doctor or other clinician) changed your record, to treat you.`,
      `${doctor} (doctor or other clinician) opened your record, to treat you.`,
      `${doctor} (doctor or other clinician) registered you, to treat you.`,
    ]);
    expect(items.at(-2)).toMatchObject({
      who: doctor,
      role: 'doctor or other clinician',
      what: 'opened your record',
      fields: ['name', 'date of birth'],
      why: 'to treat you',
      outcome: 'done',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it('has each reading of itself, by whoever read it', async () => {
    const { items } = await patient.client.accessLog.list({ limit: 1 }, PATRQT);
    expect(items[0]?.sentence).toBe('You read who has seen your record, because you asked for it.');
    const [event] = (await trail(system, `type = 'audit_event.list'`)).slice(-1);
    expect(event).toMatchObject({
      actor_id: patient.account.id,
      patient_id: id,
      purpose: 'PATRQT',
      details: { count: 1 },
    });
  });

  it('is complete and in order, page by page', async () => {
    const all = await patient.client.accessLog.list({ limit: 100 }, PATRQT);
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { id: string }[]; nextCursor: string | null } =
        await patient.client.accessLog.list({ limit: 2, ...(cursor !== null && { cursor }) }, PATRQT);
      paged.push(...page.items.map((item) => item.id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    // The first page is the one event younger: the reading before it.
    const ids = all.items.map((item) => item.id);
    expect(paged.slice(1)).toEqual(ids);
    const known = await trail(
      system,
      `(patient_id = $1 or (resource_id = $1 and outcome = 'denied')) and resource <> 'legal_hold'`,
      [id],
    );
    expect(known.map((row) => row.id)).toEqual(expect.arrayContaining(ids));
    const read = new Set([...ids, ...paged]);
    const youngest = known.findLastIndex((row) => read.has(row.id));
    expect(youngest).toBeGreaterThan(5);
    expect(known.slice(0, youngest + 1).filter((row) => !read.has(row.id))).toEqual([]);
  });

  it('does not speak of a legal hold, which may be part of an investigation', async () => {
    expect(await trail(system, `type = 'legal_hold.create'`)).toMatchObject([{ patient_id: null }]);
    // Nor if its event named the patient, and were of a kind that is shown.
    await system.owner.query(
      `insert into salus.audit_events (organization_id, kind, type, outcome, resource, patient_id, request_id, details)
       values ($1, 'phi_access', 'legal_hold.create', 'success', 'legal_hold', $2, gen_random_uuid(), '{"reason":"investigation"}')`,
      [system.organizationId, id],
    );
    const text = JSON.stringify(await patient.client.accessLog.download({ limit: 100 }, PATRQT));
    expect(text).not.toContain('legal_hold');
    expect(text).not.toContain('investigation');
    // It was never on its way to the log, and would be waited for.
    await system.owner.query(`delete from salus.audit_events where details->>'reason' = 'investigation'`);
  });

  it.each(['provider', 'nurse', 'billing', 'admin', 'privacy_officer'] as const)(
    'is refused to %s',
    async (role) => {
      const { client } = await system.signedIn(role);
      await expect(client.accessLog.list({}, PATRQT)).rejects.toMatchObject({
        code: 'role_not_permitted',
      });
    },
  );

  it('API-17: of another patient is not shown, by its cursor neither', async () => {
    const other = await system.signedIn('patient', { patientId: otherId });
    const { items } = await other.client.accessLog.list({ limit: 100 }, PATRQT);
    const mine = await trail(system, 'patient_id = $1', [id]);
    expect(items.length).toBeGreaterThan(0);
    for (const item of items) expect(mine.map((row) => row.id)).not.toContain(item.id);
    const { nextCursor } = await patient.client.accessLog.list({ limit: 1 }, PATRQT);
    await expect(other.client.accessLog.list({ cursor: nextCursor ?? '' }, PATRQT)).rejects.toMatchObject({
      code: 'cursor_invalid',
    });
  });

  it('is all of the trail that a patient’s session sees, also past the Worker', async () => {
    const app = new pg.Client({ connectionString: system.appUrl });
    await app.connect();
    try {
      const { rows: sessions } = await system.owner.query(
        'select id from salus.sessions where user_id = $1',
        [patient.account.id],
      );
      await app.query('begin');
      await app.query(`select salus.begin_request($1, gen_random_uuid(), 'patient', 'PATRQT')`, [
        sessions[0].id,
      ]);
      const { rows } = await app.query(
        'select id, patient_id, resource, resource_id from salus.audit_events',
      );
      expect(rows.length).toBeGreaterThan(5);
      for (const row of rows) {
        expect([row.patient_id, row.resource_id]).toContain(id);
        expect(row.resource).not.toBe('legal_hold');
      }
      const { rows: names } = await app.query('select id from salus.names_in_access_log($1)', [
        [provider.account.id, officer.account.id],
      ]);
      expect(names).toEqual([{ id: provider.account.id }]);
    } finally {
      await app.query('rollback');
      await app.end();
    }
  });
});

describe('the download', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('proves each line to whoever has the log’s verifier key and nothing else', async () => {
    await untilLogged(system);
    const { items } = await patient.client.accessLog.download({ limit: 100 }, PATRQT);
    const lines = items.map((item) => JSON.stringify(item)).join('\n');
    const path = `log/${system.organizationId}/${new Date().getUTCFullYear()}`;
    const { verifierKey } = await noteSigner(`${LOG_ORIGIN}/${path}`, LOG_SEED);
    expect(items.length).toBeGreaterThan(8);
    for (const line of lines.split('\n')) {
      const { entry, proof } = JSON.parse(line);
      expect(proof.verifierKey).toBe(verifierKey);
      const verify = (leaf: string) =>
        verifyTlogProof({ proof: bytes(proof.proof), verifierKey, entry: bytes(leaf) });
      expect(await verify(proof.leaf)).toMatchObject({ ok: true });
      const leaf = JSON.parse(proof.leaf);
      expect(leaf).toMatchObject({ id: entry.id });
      expect(new Date(leaf.recordedAt).toISOString()).toBe(entry.at);
      expect(await verify(proof.leaf.replace(leaf.recordedAt, '2020-01-01T00:00:00.000000Z'))).toMatchObject({
        ok: false,
      });
    }
  });

  it('has no proof yet of what the log has not published, and says so', async () => {
    await provider.client.patients.get({ id }, TREAT);
    const { items } = await patient.client.accessLog.download({ limit: 1 }, PATRQT);
    expect(items).toMatchObject([{ entry: { what: 'opened your record' }, proof: null }]);
  });

  it('is an event of its own', async () => {
    const [event] = (await trail(system, `type = 'audit_event.read'`)).slice(-1);
    expect(event).toMatchObject({ actor_id: patient.account.id, patient_id: id, details: { count: 1 } });
  });

  it('comes without proofs where the files of the log are damaged, which the operator is told', async () => {
    await untilLogged(system);
    expect((await damageTiles(system)).size).toBeGreaterThan(0);
    const { items } = await patient.client.accessLog.download({ limit: 100 }, PATRQT);
    expect(items.length).toBeGreaterThan(8);
    expect(items.every(({ proof }) => proof === null)).toBe(true);
    expect(system.printed.join('\n')).toContain(
      '"code":"proof_not_made","error":"LogError tile_contradicted"',
    );
  });
});
