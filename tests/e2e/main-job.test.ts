// The main job as a developer does it: one command runs everything; another imports real-shaped bundles; a typed client
// signs in, finds, reads and changes a patient; a stranger is refused; and all of it is in a log that anybody can verify.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { totpCode } from '@salus/auth';
import { createSalusClient, type SalusClient } from '@salus/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dev, freePort, startDev } from '../harness/dev.ts';
import { salus } from '../harness/salus.ts';

const BUNDLES = fileURLToPath(new URL('../../../shared/data/synthea/', import.meta.url));
const TREAT = { purpose: 'TREAT' } as const;

interface DemoUser {
  readonly role: string;
  readonly email: string;
  readonly password: string;
  readonly totpSecret: string;
}

let state: string;
let environment: { readonly SALUS_STATE: string; readonly PORT: string };
let dev: Dev;
let demo: { url: string; users: DemoUser[] };
let files: string[];
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'salus-dev-'));
  await chmod(state, 0o755);
  environment = { SALUS_STATE: state, PORT: await freePort() };
  files = (await readdir(BUNDLES))
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(BUNDLES, name));
  dev = await startDev(environment);
  demo = JSON.parse(await readFile(join(state, 'demo.json'), 'utf8'));
}, 90_000);
afterAll(async () => {
  await dev.stop();
  await rm(state, { recursive: true, force: true });
}, 30_000);

const run = (...parameters: string[]) => salus(parameters, environment);

function user(role: string, nth = 0): DemoUser {
  const found = demo.users.filter((candidate) => candidate.role === role)[nth];
  if (!found) throw new Error(`no demo user in the role ${role}`);
  return found;
}

async function signedIn({ email, password, totpSecret }: DemoUser): Promise<SalusClient> {
  const client = createSalusClient({ url: demo.url });
  const until = Date.now() + 65_000;
  for (;;) {
    try {
      await client.signIn({
        email,
        password,
        secondFactor: () => totpCode({ secret: totpSecret, now: Date.now() }),
      });
      return client;
    } catch (error) {
      // A code works once: the next one comes within thirty seconds.
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 30_000 - (Date.now() % 30_000) + 200));
    }
  }
}

describe('salus dev', () => {
  it('prints where it is and who can sign in, and writes it to .salus/demo.json', async () => {
    // The Worker answers a moment before the command has noticed.
    await expect.poll(dev.printed).toContain(`http://127.0.0.1:${environment.PORT}`);
    for (const { email, totpSecret } of demo.users) {
      expect(dev.printed()).toContain(email);
      expect(totpSecret).toMatch(/^[A-Z2-7]{32}$/);
    }
    const roles = new Set(demo.users.map(({ role }) => role));
    for (const role of ['admin', 'provider', 'nurse', 'billing', 'patient', 'privacy_officer'])
      expect(roles).toContain(role);
    expect(demo.url).toBe(`http://127.0.0.1:${environment.PORT}`);
  });

  it('a second one says that one runs, and a taken port says so; neither disturbs the first', async () => {
    const second = await run('dev');
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toMatch(/runs|running/);
    const elsewhere = await mkdtemp(join(tmpdir(), 'salus-dev-'));
    const taken = await salus(['dev'], { ...environment, SALUS_STATE: elsewhere });
    expect(taken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(environment.PORT) });
    expect((await fetch(`${demo.url}/readyz`)).status).toBe(200);
    await rm(elsewhere, { recursive: true });
  });
});

describe('salus import', () => {
  it('stores the patient of every bundle', async () => {
    expect(files).toHaveLength(11);
    const { exitCode, stdout, stderr } = await run('import', '--demo', 'provider', '--json', ...files);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      files: 11,
      created: 11,
      skipped: [],
      malformed: [],
      failed: [],
    });
  });

  it('a second time stores nothing; a malformed file is named and nothing of it is stored, though the rest is', async () => {
    const malformed = join(state, 'malformed.json');
    const text = await readFile(files[0] ?? '', 'utf8');
    await writeFile(malformed, text.slice(0, text.length / 2));
    await untilNextCode();
    const again = await run('import', '--demo', 'provider', '--json', malformed, ...files);
    expect(again.exitCode).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({
      created: 0,
      present: 11,
      malformed: [{ file: expect.stringContaining('malformed.json') }],
    });
  });

  it('names of any script, a date without a day, no number, two with one number: each has its outcome', async () => {
    const resource = (mrn: string, name: object, birthDate: string) => ({
      resource: {
        resourceType: 'Patient',
        identifier: [
          {
            type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
            value: mrn,
          },
        ],
        name: [name],
        gender: 'female',
        birthDate,
      },
    });
    const special = join(state, 'special.json');
    await writeFile(
      special,
      JSON.stringify({
        resourceType: 'Bundle',
        type: 'collection',
        entry: [
          resource('S-1', { family: 'Ordóñez', given: ['Ana'] }, '1980-05'),
          resource('S-2', { family: '张', given: ['伟'] }, '1979'),
          resource('S-3', { family: "O'Connor", given: ['Sinéad'] }, '1966-12-08'),
          resource('S-3', { family: 'Another', given: ['One'] }, '1966-12-08'),
          resource('S-4', { family: 'Later', given: ['Born'] }, '2999-01-01'),
        ],
      }),
    );
    await untilNextCode();
    const { stdout } = await run('import', '--demo', 'provider', '--json', special);
    expect(JSON.parse(stdout)).toMatchObject({
      created: 3,
      skipped: expect.arrayContaining([
        expect.objectContaining({ reason: 'mrn_repeated' }),
        expect.objectContaining({ reason: 'unusable_birth_date' }),
      ]),
    });
    expect(stdout).not.toMatch(/Ord|Connor|张/);
  }, 90_000);
}, 200_000);

/** `salus import` signs in by itself, and a code works once. */
async function untilNextCode(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30_000 - (Date.now() % 30_000) + 200));
}

describe('a typed client', () => {
  it('finds by MRN, reads, changes; a stranger is refused; the trail and the log say so', async () => {
    const bundle = JSON.parse(await readFile(files[0] ?? '', 'utf8'));
    const source = bundle.entry[0].resource;
    const mrn = source.identifier.find((identifier: { type?: { coding: { code: string }[] } }) =>
      identifier.type?.coding.some(({ code }) => code === 'MR'),
    ).value;

    const provider = await signedIn(user('provider'));
    const { items } = await provider.patients.search({ mrn }, TREAT);
    expect(items).toHaveLength(1);
    const id = items[0]?.id;
    if (!id) throw new Error('not found');
    const read = await provider.patients.get({ id }, TREAT);
    expect(read).toMatchObject({ mrn, birthDate: source.birthDate, name: { family: source.name[0].family } });
    const changed = await provider.patients.update(
      { id, version: read.version, phone: '555-867-5309' },
      TREAT,
    );
    expect(changed.version).toBe(read.version + 1);

    const folded = await provider.patients.search(
      { name: { family: 'ordonez' }, birthDate: '1980-05' },
      TREAT,
    );
    expect(folded.items.map(({ name }) => name?.family)).toEqual(['Ordóñez']);

    const stranger = await signedIn(user('provider', 1));
    await expect(stranger.patients.get({ id }, TREAT)).rejects.toMatchObject({ code: 'not_found' });

    const { stdout } = await run('audit', 'key', '--json');
    const { origin, key } = JSON.parse(stdout) as { origin: string; key: string };
    const log = `${demo.url}/${origin.slice(origin.indexOf('log/'))}`;
    await expect
      .poll(
        async () =>
          (await entriesOf(log))
            .filter((entry) => entry.resourceId === id)
            .map(({ type, outcome }) => `${type} ${outcome}`),
        {
          timeout: 20_000,
        },
      )
      .toEqual(
        expect.arrayContaining([
          'patient.create success',
          'patient.search success',
          'patient.read success',
          'patient.update success',
          'patient.read denied',
        ]),
      );
    const verified = await run('audit', 'verify', log, '--key', key);
    expect(verified).toMatchObject({ exitCode: 0 });
    const anotherKey = key.replace(/.(?==*$)/, (last) => (last === 'A' ? 'B' : 'A'));
    expect(await run('audit', 'verify', log, '--key', anotherKey)).toMatchObject({ exitCode: 1 });
  }, 150_000);
});

async function entriesOf(
  log: string,
): Promise<{ type: string; outcome: string; resourceId: string | null }[]> {
  const checkpoint = await fetch(`${log}/checkpoint`);
  if (!checkpoint.ok) return [];
  const size = Number((await checkpoint.text()).split('\n')[1]);
  const entries = [];
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256);
    const path = `${String(index).padStart(3, '0')}${width === 256 ? '' : `.p/${width}`}`;
    const bytes = Buffer.from(await (await fetch(`${log}/tile/entries/${path}`)).arrayBuffer());
    for (let at = 0; at < bytes.length; ) {
      const end = at + 2 + bytes.readUInt16BE(at);
      entries.push(JSON.parse(bytes.toString('utf8', at + 2, end)));
      at = end;
    }
  }
  return entries;
}

describe('Ctrl-C', () => {
  it('stops everything and leaves no process; started again, everything is still there', async () => {
    expect(await dev.stop()).not.toBeNull();
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'args']);
    expect(stdout.split('\n').filter((line) => line.includes(state))).toEqual([]);
    await expect(fetch(`${demo.url}/healthz`)).rejects.toThrow();

    dev = await startDev(environment);
    expect(JSON.parse(await readFile(join(state, 'demo.json'), 'utf8'))).toEqual(demo);
    const nurse = await signedIn(user('nurse'));
    expect((await nurse.patients.list({}, TREAT)).items.length).toBeGreaterThan(0);
    await dev.stop();
  }, 90_000);
});
