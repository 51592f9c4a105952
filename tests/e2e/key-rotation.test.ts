// CRY-09: keys are replaced while records are read and written, by jobs that are killed at random points and run again.
// No read fails, no write is lost, no number is given twice, and in the end nothing hangs under the old key.
import type { PatientId } from '@salus/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { salus, untilDone } from '../harness/salus.ts';
import { seeded } from '../harness/seeded.ts';
import { ROOT_KEY, type SignedIn, type System, signIn, startSystem } from '../harness/system.ts';
import { readLog, sweep, trail, untilLogged } from '../harness/trail.ts';

const SEED = 20261124;
const PATIENTS = 40;
const TREAT = { purpose: 'TREAT' } as const;
const HOPERAT = { purpose: 'HOPERAT' } as const;

let system: System;
let provider: SignedIn;
let officer: SignedIn;
let random: () => number;
const environment = () => ({ DATABASE_URL: system.ownerUrl, SALUS_ROOT_KEY: ROOT_KEY });

interface Known {
  version: number;
  phone: string;
  readonly mrn: string;
}
const known = new Map<PatientId, Known>();

beforeAll(async () => {
  random = seeded(SEED);
  system = await startSystem();
  provider = await system.signedIn('provider');
  for (let made = 0; made < PATIENTS; made++) await createOne();
  officer = await system.signedIn('privacy_officer');
  await officer.client.legalHolds.place({ reason: 'audit', matter: 'Doe v. Clinic' }, HOPERAT);
}, 240_000);
afterAll(() => system.stop());

async function createOne(): Promise<void> {
  const record = somebody();
  const { id, version } = await provider.client.patients.create(record, TREAT);
  known.set(id, { version, phone: record.phone ?? '', mrn: record.mrn });
}

function anybody(): [PatientId, Known] {
  const entry = [...known][Math.floor(random() * known.size)];
  if (!entry) throw new Error('nobody is known');
  return entry;
}

async function useOne(): Promise<void> {
  const [id, patient] = anybody();
  const read = await provider.client.patients.get({ id }, TREAT);
  expect([read.mrn, read.phone, read.version]).toEqual([patient.mrn, patient.phone, patient.version]);
  const found = await provider.client.patients.search({ mrn: patient.mrn }, TREAT);
  expect(found.items.map((item) => item.id)).toEqual([id]);
  const phone = `+1 555 ${Math.floor(random() * 1e7)}`;
  const changed = await provider.client.patients.update({ id, version: patient.version, phone }, TREAT);
  Object.assign(patient, { version: changed.version, phone });
  const taken = provider.client.patients.create(somebody({ mrn: anybody()[1].mrn }), TREAT);
  await expect(taken).rejects.toMatchObject({ code: 'mrn_taken' });
  await createOne();
}

/** Reads, searches, changes and creates for as long as `work` takes. @returns how often */
async function during(work: Promise<unknown>): Promise<number> {
  let going = true;
  const ended = work.finally(() => {
    going = false;
  });
  let times = 0;
  while (going) {
    await useOne();
    times += 1;
  }
  await ended;
  return times;
}

/** Runs a job, killed at random points. @returns how many rows were left each time */
function job(name: string, table: string): Promise<number[]> {
  return untilDone(['keys', name, '--batch', '3'], environment(), {
    left: async () => (await counts(table, 'organization_key_version'))[1] ?? 0,
    random,
    kills: 4,
  });
}

async function counts(table: string, column: string): Promise<Record<string, number>> {
  const { rows } = await system.owner.query(
    `select ${column} as version, count(*)::int as n from salus.${table} where organization_id = $1 group by 1`,
    [system.organizationId],
  );
  return Object.fromEntries(rows.map(({ version, n }) => [version, n]));
}

describe('the key of an organization', () => {
  it('is rotated once by a command that is given twice', async () => {
    const command = ['keys', 'rotate', 'org', '--organization', system.organizationId, '--json'];
    const rotations = [];
    for (let times = 0; times < 2; times++) {
      rotations.push(JSON.parse((await salus(command, environment())).stdout).rotations[0]);
    }
    expect(rotations).toMatchObject([
      { version: 2, rotated: true },
      { version: 2, rotated: false },
    ]);
  });

  it('wraps what is new from then on, in a Worker that still has the key before at hand', async () => {
    await createOne();
    expect(await counts('patients', 'organization_key_version')).toEqual({ 1: PATIENTS, 2: 1 });
    await useOne();
  });

  it('comes to wrap every patient key, and to index every record, while records are used', async () => {
    const rewrapping = job('rewrap', 'patient_keys');
    expect(await during(rewrapping)).toBeGreaterThan(3);
    expect(await counts('patient_keys', 'organization_key_version')).toEqual({ 2: known.size });
    const resealing = job('reseal', 'patients');
    expect(await during(resealing)).toBeGreaterThan(3);
    for (const killedAt of [await rewrapping, await resealing]) {
      expect(killedAt.some((left) => left > 0 && left < PATIENTS)).toBe(true);
    }
    expect(await counts('patients', 'organization_key_version')).toEqual({ 2: known.size });
    expect(await counts('users', 'organization_key_version')).toEqual({ 2: expect.any(Number) });
  }, 240_000);

  it('is the only one that records need, and the one before is retired', async () => {
    const { rows } = await system.owner.query(
      'select version, retired_at is not null as retired from salus.organization_keys where organization_id = $1 order by 1',
      [system.organizationId],
    );
    expect(rows).toEqual([
      { version: 1, retired: true },
      { version: 2, retired: false },
    ]);
    // What the columns say is what the bytes say: the record's own key, everywhere.
    const sealed = ['mrn', 'name', 'birth_date', 'sex', 'ssn', 'email', 'phone', 'address'];
    const { rows: mixed } = await system.owner.query(
      `select id from salus.patients where false ${sealed
        .map((column) => `or get_byte(${column}, 4) <> key_version`)
        .join(' ')}`,
    );
    expect(mixed).toEqual([]);
    const { rows: holds } = await system.owner.query(
      'select get_byte(matter, 4) as version from salus.legal_holds',
    );
    expect(holds).toEqual([{ version: 2 }]);
    const { items } = await officer.client.legalHolds.list({}, HOPERAT);
    expect(items).toMatchObject([{ matter: 'Doe v. Clinic' }]);
  });

  it('leaves every record as it was, in a Worker that starts anew', async () => {
    await system.restartWorker();
    for (const [id, patient] of known) {
      const read = await provider.client.patients.get({ id }, TREAT);
      expect([read.mrn, read.phone, read.version]).toEqual([patient.mrn, patient.phone, patient.version]);
    }
    await useOne();
  });

  it('leaves the trail as it was: who had a record open is still told, and the log verifies', async () => {
    const { items } = await officer.client.audit.search({ type: 'sign_in.password', limit: 100 }, HOPERAT);
    expect(items.length).toBeGreaterThan(0);
    expect(items.every(({ origin }) => origin?.address === '127.0.0.1')).toBe(true);
    await sweep(system);
    await untilLogged(system);
    expect((await readLog(system)).verdict).toMatchObject({ ok: true });
    const types = new Set((await trail(system, `type like '%key%'`)).map(({ type }) => type));
    expect([...types].toSorted()).toEqual([
      'organization_key.retire',
      'organization_key.rotate',
      'patient_key.reseal',
      'patient_key.rewrap',
    ]);
  });
});

describe('a Worker that still has keys at hand which have been replaced', () => {
  const replaceAll = async () => {
    const { stdout } = await salus(
      ['keys', 'rotate', 'org', '--organization', system.organizationId, '--json'],
      environment(),
    );
    expect(JSON.parse(stdout).rotations).toMatchObject([{ rotated: true }]);
    for (const job of ['rewrap', 'reseal']) {
      const { exitCode } = await salus(['keys', job, '--organization', system.organizationId], environment());
      expect(exitCode).toBe(0);
    }
  };

  it('reads a record that hangs under the new key', async () => {
    const [id, { phone }] = anybody();
    await replaceAll();
    expect(await provider.client.patients.get({ id }, TREAT)).toMatchObject({ phone });
  }, 240_000);

  it('finds records through the new key', async () => {
    const [id, { mrn }] = anybody();
    await provider.client.patients.get({ id }, TREAT);
    await replaceAll();
    expect((await provider.client.patients.search({ mrn }, TREAT)).items).toMatchObject([{ id }]);
  }, 240_000);

  it('changes a record under the new key, so that whoever reads it next can open it', async () => {
    const [id, patient] = anybody();
    await provider.client.patients.get({ id }, TREAT);
    await replaceAll();
    const change = { id, version: patient.version, phone: '+1 555 000 0001' };
    patient.version = (await provider.client.patients.update(change, TREAT)).version;
    patient.phone = change.phone;
    await system.restartWorker();
    expect(await provider.client.patients.get({ id }, TREAT)).toMatchObject({ phone: change.phone });
  }, 240_000);

  it('gives no number twice, whichever keys the two have at hand', async () => {
    const [id, { mrn }] = anybody();
    await provider.client.patients.get({ id }, TREAT);
    await replaceAll();
    const twenty = Array.from({ length: 20 }, () =>
      provider.client.patients.create(somebody({ mrn }), TREAT).catch(({ code }) => code),
    );
    expect(new Set(await Promise.all(twenty))).toEqual(new Set(['mrn_taken']));
  }, 240_000);
});

describe('the platform’s key, which finds accounts by their address', () => {
  it('is rotated while people sign in', async () => {
    const people = [await system.account('nurse'), await system.account('billing')];
    const rotated = await salus(['keys', 'rotate', 'org', '--organization', 'platform'], environment());
    expect(rotated.exitCode).toBe(0);
    for (const person of people) await signIn(system.url, person); // found under the version before
    const after = await system.account('provider');
    expect((await salus(['keys', 'reseal', '--organization', 'platform'], environment())).exitCode).toBe(0);
    const { rows } = await system.owner.query(
      'select distinct email_index_version as version from salus.users',
    );
    expect(rows).toEqual([{ version: 2 }]);
    await signIn(system.url, after);
    await system.restartWorker();
    const late = await system.account('nurse');
    await signIn(system.url, late);
  }, 240_000);
});

describe('what does not open', () => {
  it('is left as it is, is named in the trail, and holds nothing else up', async () => {
    const [id] = anybody();
    await system.owner.query('update salus.patients set ssn = mrn where id = $1', [id]);
    await salus(['keys', 'rotate', 'org', '--organization', system.organizationId], environment());
    const job = await salus(['keys', 'reseal', '--json'], environment());
    expect(job.exitCode).toBe(1);
    expect(JSON.parse(job.stdout)).toMatchObject({ failed: 1 });
    expect(job.stderr).toContain('1 did not open');
    const [event] = await trail(system, `type = 'integrity.failed'`);
    expect(event).toMatchObject({ outcome: 'failed', details: { reason: 'record_does_not_open' } });
    expect(await counts('patients', 'organization_key_version')).toEqual({ 6: 1, 7: known.size - 1 });
  }, 240_000);
});

it('a root key that is another than the one that wrapped the keys is refused, and changes nothing', async () => {
  const other = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
  const before = await system.owner.query('select * from salus.organization_keys order by 1, 2');
  for (const command of [
    ['rotate', 'root'],
    ['rewrap'],
    ['reseal'],
    ['rotate', 'org', '--organization', 'all'],
  ]) {
    const { exitCode, stderr } = await salus(['keys', ...command], {
      ...environment(),
      SALUS_ROOT_KEY: other,
    });
    expect([command, exitCode]).toEqual([command, 1]);
    expect(stderr).not.toContain(other);
  }
  const after = await system.owner.query('select * from salus.organization_keys order by 1, 2');
  expect(after.rows).toEqual(before.rows);
});
