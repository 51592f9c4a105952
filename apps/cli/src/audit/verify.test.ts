import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import {
  type Checkpoint,
  cosigner,
  createLedger,
  type LedgerStore,
  makeTlogProof,
  noteSigner,
  type StoredEntry,
  signDeletionCertificate,
  verifierKeyOf,
} from '@salus/audit/log';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { salus } from '../program.ts';
import { testDirectory } from '../test-directory.ts';
import { verifyProofs } from './proof.ts';
import { verifyFrom } from './verify.ts';

const ORIGIN = 'localhost/log/01a20d10-f597-73b6-9bec-4ef1458d56c3/2026';
const SEED = new Uint8Array(32).fill(7);
/** One full tile and a bit. */
const SIZE = 300;

let key: string;
let directory: string;

function ledgerStore(): LedgerStore {
  const entries: StoredEntry[] = [];
  const roots: Uint8Array[][] = [];
  return {
    transact: (work) => work(),
    size: () => entries.length,
    find: (id) => entries.find((entry) => entry.id === id),
    append: (entry) => entries.push(entry),
    leaves: (from, to) => entries.slice(from, to).map(({ leaf }) => leaf),
    hashes: (level, from, to) =>
      level === 0 ? entries.slice(from, to).map(({ hash }) => hash) : (roots[level] ?? []).slice(from, to),
    roots: (level) => (roots[level] ?? []).length,
    putRoots(level, from, added) {
      roots[level] = [...(roots[level] ?? []).slice(0, from), ...added];
    },
  };
}

async function writeLog(to: string, origin = ORIGIN): Promise<Checkpoint> {
  const put = async (path: string, bytes: Uint8Array) => {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await writeFile(join(to, path), bytes);
  };
  const objects = {
    get: (path: string) => readFile(join(to, path)).catch(() => null),
    put,
    // Nobody else writes here.
    replace: (path: string, bytes: Uint8Array) => put(path, bytes).then(() => true),
  };
  const ledger = createLedger(ledgerStore(), objects, await noteSigner(origin, SEED));
  await ledger.append(
    Array.from({ length: SIZE }, (_, at) => ({
      id: `${at}`,
      leaf: new TextEncoder().encode(`{"at":${at}}`),
    })),
  );
  return ledger.publish();
}

beforeAll(async () => {
  key = await verifierKeyOf(ORIGIN, SEED);
});

beforeEach(async () => {
  directory = await testDirectory();
  await writeLog(directory);
});

const verdictOf = async (log: string, verifierKey = key) => {
  const { ok, deleted, report } = await verifyFrom({ log, keys: [verifierKey], json: true });
  expect(deleted).toBe(JSON.parse(report).deleted === true);
  expect(ok).toBe(JSON.parse(report).ok);
  return JSON.parse(report);
};

describe('verifying a log', () => {
  it('holds for a directory with its files', async () => {
    expect(await verdictOf(directory)).toMatchObject({ ok: true, origin: ORIGIN, size: SIZE });
  });

  it('holds for a URL with its files, and not for one without', async () => {
    const server = createServer(async (request, response) => {
      const bytes = await readFile(join(directory, request.url ?? '')).catch(() => null);
      response.writeHead(bytes ? 200 : 404).end(bytes ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    try {
      const url = `http://127.0.0.1:${address.port}`;
      expect(await verdictOf(url)).toMatchObject({ ok: true, size: SIZE });
      expect(await verdictOf(`${url}/elsewhere`)).toMatchObject({ ok: false, fault: 'checkpoint_missing' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('fails when one byte of one entry was changed', async () => {
    const file = join(directory, 'tile/entries/000');
    const bytes = await readFile(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect((await verdictOf(directory)).ok).toBe(false);
  });

  it('fails when a file is missing, and says which', async () => {
    await rm(join(directory, 'tile/0/000'));
    expect(await verdictOf(directory)).toMatchObject({
      ok: false,
      fault: 'tile_missing',
      path: 'tile/0/000',
    });
  });

  it('fails with the key of another log, and with none', async () => {
    const other = await verifierKeyOf(ORIGIN, new Uint8Array(32).fill(8));
    expect(await verdictOf(directory, other)).toMatchObject({ ok: false, fault: 'note_unsigned' });
    await expect(verdictOf(directory, 'not a key')).rejects.toMatchObject({ exitCode: 1 });
  });

  describe('whose year was deleted after its retention', () => {
    const DELETED = 'localhost/log/01a20d10-f597-73b6-9bec-4ef1458d56c3/2018';
    let deletedKey: string;

    beforeEach(async () => {
      directory = await testDirectory();
      const { size, root } = await writeLog(directory, DELETED);
      const certificate = await signDeletionCertificate(
        {
          origin: DELETED,
          size: Number(size),
          root,
          firstRecordedAt: '2018-01-01T00:00:00.000000Z',
          lastRecordedAt: '2018-12-31T00:00:00.000000Z',
          rule: { years: 6, basis: '45 CFR 164.316(b)(2)(i)' },
          reason: 'retention has ended',
          decidedBy: 'job.retention',
          decidedAt: '2025-01-01T00:00:00.000000Z',
          requestId: '01a20d10-f597-73b6-9bec-4ef1458d56c3',
        },
        await noteSigner(DELETED, SEED),
      );
      await writeFile(join(directory, 'deletion-certificate'), certificate);
      deletedKey = await verifierKeyOf(DELETED, SEED);
    });

    it('says so, and exits 3: neither verified nor tampered with', async () => {
      await rm(join(directory, 'tile'), { recursive: true });
      expect(await verdictOf(directory, deletedKey)).toMatchObject({
        ok: false,
        deleted: true,
        size: SIZE,
        certificate: { decidedAt: '2025-01-01T00:00:00.000000Z', rule: { years: 6 } },
      });
      const { report } = await verifyFrom({ log: directory, keys: [deletedKey] });
      expect(report).toContain('the certificate is valid');
      expect(await salus(['audit', 'verify', directory, '--key', deletedKey])).toBe(3);
    });

    it('asks of its final checkpoint for the witnesses that are named, too', async () => {
      await rm(join(directory, 'tile'), { recursive: true });
      const witness = await cosigner('witness.example/21', new Uint8Array(32).fill(21));
      const argv = ['audit', 'verify', directory, '--key', deletedKey, '--witness', witness.verifierKey];
      const request = { log: directory, keys: [deletedKey], witnesses: [witness.verifierKey], json: true };
      expect(JSON.parse((await verifyFrom(request)).report)).toEqual({
        ok: false,
        fault: 'quorum_not_met',
        path: 'checkpoint',
      });
      expect(await salus(argv)).toBe(1);
      const file = join(directory, 'checkpoint');
      const note = await readFile(file, 'utf8');
      await writeFile(
        file,
        `${note}${await witness.cosign(note.slice(0, note.indexOf('\n\n') + 1), 1_700_000_000n)}\n`,
      );
      expect(await salus(argv)).toBe(3);
    });

    it('still verifies while all of it is there, and is deleted as soon as some of it is not', async () => {
      expect(await verdictOf(directory, deletedKey)).toMatchObject({ ok: true, size: SIZE });
      await rm(join(directory, 'tile/entries/000'));
      expect(await verdictOf(directory, deletedKey)).toMatchObject({ ok: false, deleted: true });
    });

    it('does not pass with a certificate that was touched, or without one', async () => {
      await rm(join(directory, 'tile'), { recursive: true });
      const file = join(directory, 'deletion-certificate');
      await writeFile(file, (await readFile(file, 'utf8')).replace('2025-01-01', '2024-01-01'));
      expect(await verdictOf(directory, deletedKey)).toEqual({
        ok: false,
        fault: 'note_signature_invalid',
        path: 'deletion-certificate',
      });
      expect(await salus(['audit', 'verify', directory, '--key', deletedKey])).toBe(1);
      await rm(file);
      expect(await verdictOf(directory, deletedKey)).toMatchObject({ ok: false, fault: 'bundle_missing' });
    });
  });

  it('says nothing of a log that cannot be reached', async () => {
    await expect(verdictOf(join(directory, 'elsewhere'))).rejects.toMatchObject({ exitCode: 2 });
    await expect(verdictOf('http://127.0.0.1:1/log')).rejects.toMatchObject({ exitCode: 2 });
    await expect(verdictOf('ftp://127.0.0.1/log')).rejects.toMatchObject({ exitCode: 2 });
    const earlier = join(directory, 'none');
    await expect(verifyFrom({ log: directory, keys: [key], earlier })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('asks for witnesses where they are named, and for as many as it is told', async () => {
    const [first, second] = await Promise.all(
      [21, 22].map((seed) => cosigner(`witness.example/${seed}`, new Uint8Array(32).fill(seed))),
    );
    if (!first || !second) throw new Error('no cosigners');
    const file = join(directory, 'checkpoint');
    const note = await readFile(file, 'utf8');
    const line = await first.cosign(note.slice(0, note.indexOf('\n\n') + 1), 1_700_000_000n);
    await writeFile(file, `${note}${line}\n`);
    const witnesses = [first, second].map(({ verifierKey }) => verifierKey);
    const verdict = async (quorum?: number) =>
      JSON.parse((await verifyFrom({ log: directory, keys: [key], witnesses, quorum, json: true })).report);
    expect(await verdict()).toEqual({ ok: false, fault: 'quorum_not_met', path: 'checkpoint' });
    expect(await verdict(1)).toMatchObject({
      ok: true,
      cosignatures: [{ witness: 'witness.example/21', time: '2023-11-14T22:13:20Z' }],
    });
    await expect(verdict(3)).rejects.toMatchObject({ exitCode: 2 });

    const verify = (...more: string[]) => salus(['audit', 'verify', directory, '--key', key, ...more]);
    const [one = '', two = ''] = witnesses;
    expect(await verify('--witness', one)).toBe(0);
    expect(await verify('--witness', one, '--witness', two)).toBe(1);
    expect(await verify(`--witness=${one}`, '--witness', two, '--quorum', '1')).toBe(0);
    expect(await verify('--witness', one, '--quorum', 'x')).toBe(2);
    expect(await verify('--witness', key)).toBe(1);
    // A shell drops what is not set: to ask for no witness then would say that one has cosigned.
    expect(await verify('--witness')).toBe(2);
    expect(await verify('--witness', one, '--witness')).toBe(2);
  });

  it('keeps a copy of what it read, which verifies by itself and has everything', async () => {
    const copy = join(directory, 'kept', 'here');
    const { ok } = await verifyFrom({ log: directory, keys: [key], copyTo: copy });
    expect(ok).toBe(true);
    expect(await verdictOf(copy)).toEqual(await verdictOf(directory));
    expect(
      (await readdir(copy, { recursive: true }))
        .filter((path) => !/\.p$|^tile(\/(\d|entries))?$/.test(path))
        .toSorted(),
    ).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/44',
    ]);
  });

  it('takes an earlier key of the log beside its present one', async () => {
    const other = await verifierKeyOf(ORIGIN, new Uint8Array(32).fill(8));
    const verify = (...keys: string[]) =>
      salus(['audit', 'verify', directory, ...keys.flatMap((name) => ['--key', name])]);
    expect(await verify(other, key)).toBe(0);
    expect(await verify(other)).toBe(1);
  });

  it('verifies the proof of one event as somebody was given it, and a list of them', async () => {
    const read = (path: string) => readFile(join(directory, path)).catch(() => null);
    const lines = await Promise.all(
      [0, 299].map(async (index) => {
        const bytes = await makeTlogProof({ read, verifierKey: key, index });
        return {
          leaf: `{"at":${index}}`,
          proof: new TextDecoder().decode(bytes),
          verifierKey: 'of no matter',
        };
      }),
    );
    const [one, last] = lines;
    const file = join(directory, 'proofs');
    const verify = async (objects: readonly unknown[], ...more: string[]) => {
      await writeFile(file, `${objects.map((object) => JSON.stringify(object)).join('\n')}\n`);
      return salus(['audit', 'proof', file, '--key', key, ...more]);
    };
    expect(await verify([one])).toBe(0);
    expect(
      await verify([
        { entry: { what: 'opened your record' }, proof: one },
        { entry: {}, proof: last },
      ]),
    ).toBe(0);
    expect(await verify([one, { ...last, leaf: '{"at":298}' }])).toBe(1);
    expect(await verify([one, { entry: {}, proof: null }])).toBe(1);
    expect(await verify([one, 'else'])).toBe(1);
    expect(await verify([one], '--witness', (await cosigner('w.example', SEED)).verifierKey)).toBe(1);
    await writeFile(file, `${JSON.stringify(one)}\n\n${JSON.stringify({ ...last, leaf: '{}' })}\n`);
    const { ok, report } = await verifyProofs({ file, keys: [key], json: true });
    expect({ ok, ...JSON.parse(report) }).toEqual({
      ok: false,
      proofs: [
        { line: 1, ok: true, index: '0' },
        { line: 2, ok: false, fault: 'not_included' },
      ],
    });
    expect(await salus(['audit', 'proof', file, '--key', 'none'])).toBe(2);
    expect(await salus(['audit', 'proof', join(directory, 'none'), '--key', key])).toBe(2);
  });

  it('says in a sentence what it found', async () => {
    expect((await verifyFrom({ log: directory, keys: [key] })).report).toContain(`${SIZE} entries`);
    await rm(join(directory, 'checkpoint'));
    expect((await verifyFrom({ log: directory, keys: [key] })).report).toBe(
      'checkpoint missing (checkpoint)',
    );
  });
});
