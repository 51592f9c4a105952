// Whoever gets hold of everything that `salus dev` leaves behind but the files of secrets (the database's own files with their
// write-ahead log, object storage, Durable Objects, queues, what was printed) finds no key in it: not one of all that existed
// during a run with sign-ins, reads, writes and a rotation, in no encoding.
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { totpCode } from '@salus/auth';
import { createSalusClient } from '@salus/client';
import { fromBase64, localKeyProvider } from '@salus/crypto';
import { aesGcmOpen, hkdfSha256 } from '@salus/crypto/primitives';
import { startPostgres } from '@salus/neon-local/postgres';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, startDev } from '../harness/dev.ts';
import { somebody } from '../harness/patients.ts';
import { salus } from '../harness/salus.ts';

const TREAT = { purpose: 'TREAT' } as const;
const FILES_OF_SECRETS = ['secrets.json', 'worker.env'];

/** Every key that existed, by what it is. */
const keys = new Map<string, Uint8Array>();
/** What must be found, so that finding no key says something: bytes that do lie in the database. */
const controls = new Map<string, Uint8Array>();
let directory: string;
let state: string;
let printed = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'salus-keys-'));
  await chmod(directory, 0o755);
  state = join(directory, 'state');
  const postgres = await startPostgres({ dataDirectory: join(directory, 'postgres') });
  const environment = { DATABASE_URL: postgres.url, SALUS_STATE: state, PORT: await freePort() };
  try {
    await run(postgres.url, environment);
  } finally {
    await postgres.stop();
  }
}, 150_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

async function run(url: string, environment: { readonly PORT: string }): Promise<void> {
  const dev = await startDev(environment);
  const owner = new pg.Client({ connectionString: url });
  try {
    await owner.connect();
    const secrets = JSON.parse(await readFile(join(state, 'secrets.json'), 'utf8'));
    await workAndRotate({ ...environment, SALUS_ROOT_KEY: secrets.SALUS_ROOT_KEY });
    await collect(owner, secrets);
  } finally {
    await owner.end();
    await dev.stop();
    printed += dev.printed();
  }
}

async function workAndRotate(environment: Record<string, string>): Promise<void> {
  const demo = JSON.parse(await readFile(join(state, 'demo.json'), 'utf8'));
  const provider = demo.users.find(({ role }: { role: string }) => role === 'provider');
  const client = createSalusClient({ url: demo.url });
  const secondFactor = () => totpCode({ secret: provider.totpSecret, now: Date.now() });
  await client.signIn({ email: provider.email, password: provider.password, secondFactor });
  const use = async () => {
    const { id, version } = await client.patients.create(somebody(), TREAT);
    await client.patients.get({ id }, TREAT);
    await client.patients.update({ id, version, phone: '+1 555 777 8888' }, TREAT);
  };
  await use();
  for (const command of [['rotate', 'org', '--organization', 'all'], ['rewrap'], ['reseal']]) {
    const { exitCode, stdout, stderr } = await salus(['keys', ...command], environment);
    printed += stdout + stderr;
    expect([command, exitCode]).toEqual([command, 0]);
  }
  await use();
}

/** Opens every key by hand, from the format that is documented, so that this test shares no state with what it tests. */
async function collect(
  owner: pg.Client,
  secrets: { SALUS_ROOT_KEY: string; SALUS_TOKEN_KEYS: string; LOG_SIGNING_KEY: string },
): Promise<void> {
  keys.set('root', fromBase64(secrets.SALUS_ROOT_KEY));
  keys.set('log signing', fromBase64(secrets.LOG_SIGNING_KEY));
  for (const [at, { d }] of JSON.parse(secrets.SALUS_TOKEN_KEYS).keys.entries()) {
    keys.set(`token signing ${at}`, Buffer.from(d, 'base64url'));
  }
  const root = await localKeyProvider(secrets.SALUS_ROOT_KEY);
  const organizations = await owner.query('select * from salus.organization_keys');
  for (const { organization_id: organization, version, wrapped } of organizations.rows) {
    const name = `organization ${organization} ${version}`;
    const raw = await root.unwrap(new Uint8Array(wrapped), { organization, version });
    keys.set(name, raw);
    controls.set(`wrapped ${name}`, wrapped);
    for (const label of ['account', 'audit', 'patient-wrap', 'blind-index']) {
      const info = prefixed(['salus/organization-key/v1', label]);
      keys.set(`${name} ${label}`, await hkdfSha256(raw, new Uint8Array(), new Uint8Array(info), 32));
    }
  }
  const patients = await owner.query('select * from salus.patient_keys');
  for (const row of patients.rows) {
    const wrapping = keys.get(
      `organization ${row.organization_id} ${row.organization_key_version} patient-wrap`,
    );
    const sealed = new Uint8Array(row.wrapped);
    const binding = Buffer.concat([
      Buffer.from('salus/patient-wrap/v1'),
      uint32(row.organization_key_version),
      uint32(row.version),
      prefixed([row.organization_id, row.patient_id]),
    ]);
    const raw = await aesGcmOpen(
      new Uint8Array(wrapping ?? []),
      sealed.slice(0, 12),
      new Uint8Array(binding),
      sealed.slice(12),
    );
    keys.set(`patient ${row.patient_id} ${row.version}`, raw);
    controls.set(`wrapped patient ${row.patient_id} ${row.version}`, row.wrapped);
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function prefixed(parts: readonly string[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [uint32(Buffer.byteLength(part)), Buffer.from(part)]));
}

/** Every file below the directory, files of secrets aside, and what was printed. */
async function leftBehind(): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>([['printed', Buffer.from(printed)]]);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || (entry.parentPath === state && FILES_OF_SECRETS.includes(entry.name))) continue;
    found.set(path.slice(directory.length + 1), await readFile(path));
  }
  return found;
}

function encodings(key: Uint8Array): Buffer[] {
  const bytes = Buffer.from(key);
  const hex = bytes.toString('hex');
  const texts = [
    hex,
    hex.toUpperCase(),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
  return [bytes, ...texts.map((text) => Buffer.from(text))];
}

function whereFound(files: Map<string, Buffer>, key: Uint8Array): string[] {
  const needles = encodings(key);
  return [...files]
    .filter(([, content]) => needles.some((needle) => content.includes(needle)))
    .map(([name]) => name);
}

it('no key lies in what is left behind, in no encoding; what does lie there is found', async () => {
  const files = await leftBehind();
  expect(files.size).toBeGreaterThan(100);
  expect([...keys.keys()].filter((name) => name.startsWith('patient')).length).toBeGreaterThan(10);
  expect(keys.size).toBeGreaterThan(30);
  for (const [name, key] of keys) {
    expect([name, key.length]).toEqual([name, 32]);
    expect([name, whereFound(files, key)]).toEqual([name, []]);
  }
  for (const [name, wrapped] of [...controls].slice(0, 5)) {
    expect([name, whereFound(files, wrapped).length > 0]).toEqual([name, true]);
  }
}, 120_000);

it('the files of secrets are their owner’s alone', async () => {
  for (const name of FILES_OF_SECRETS) {
    expect([name, (await stat(join(state, name))).mode & 0o777]).toEqual([name, 0o600]);
  }
});
