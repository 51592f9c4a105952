// What somebody who holds the log's storage could do to it, and that each shows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBundle, encodeBundle } from './bundle.ts';
import { utf8 } from './bytes.ts';
import { signCheckpoint } from './checkpoint.ts';
import { cosigner } from './cosignature.ts';
import { type NoteSigner, noteSigner, signNote } from './note.ts';
import { publishedFiles } from './test-store.ts';
import { testTree } from './test-tree.ts';
import { type VerifyLogOptions, verifyLog } from './verify-log.ts';

const ORIGIN = 'salus.localhost/log/org/2026';
const SIZE = 600;
const signer = await noteSigner(ORIGIN, new Uint8Array(32).fill(1));
const impostor = await noteSigner(ORIGIN, new Uint8Array(32).fill(2));
const { tree, leaves } = testTree(SIZE + 50);

const files = await publishedFiles(leaves.slice(0, SIZE), signer);

function verdictOf(altered: ReadonlyMap<string, Uint8Array>, earlier?: Uint8Array) {
  return verifyLog({
    read: async (path) => altered.get(path) ?? null,
    verifierKey: signer.verifierKey,
    ...(earlier ? { earlier } : {}),
  });
}

function altered(path: string, change: (bytes: Uint8Array) => Uint8Array | null): Map<string, Uint8Array> {
  const copy = new Map(files);
  const bytes = change((files.get(path) ?? new Uint8Array()).slice());
  if (bytes === null) copy.delete(path);
  else copy.set(path, bytes);
  return copy;
}

const alteredEntries = (change: (entries: Uint8Array[]) => Uint8Array[]) =>
  altered('tile/entries/000', (bundle) => encodeBundle(change(decodeBundle(bundle, 256))));

function at(entries: readonly Uint8Array[], index: number): Uint8Array {
  return entries[index] ?? new Uint8Array();
}

describe('a log', () => {
  it('verifies when nothing was done to it, and every entry was looked at', async () => {
    const seen: Uint8Array[] = [];
    const progress: string[] = [];
    const verdict = await verifyLog({
      read: async (path) => files.get(path) ?? null,
      verifierKey: signer.verifierKey,
      onEntry: (entry, index) => {
        seen[index] = entry;
      },
      onProgress: (done, size) => progress.push(`${done}/${size}`),
    });
    const root = await tree.root(SIZE);
    expect(verdict).toStrictEqual({
      ok: true,
      checkpoint: { origin: ORIGIN, size: BigInt(SIZE), root },
      cosignatures: [],
    });
    expect(seen).toStrictEqual(leaves.slice(0, SIZE));
    expect(progress).toStrictEqual(['256/600', '512/600', '600/600']);
  });

  it('is read a few files at a time, each once', async () => {
    const asked: string[] = [];
    let open = 0;
    let most = 0;
    const read = async (path: string) => {
      asked.push(path);
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 1));
      open -= 1;
      return files.get(path) ?? null;
    };
    expect((await verifyLog({ read, verifierKey: signer.verifierKey })).ok).toBe(true);
    expect(asked.toSorted()).toStrictEqual([...files.keys()].toSorted());
    // Three bundles, and the tiles of their hashes.
    expect(most).toBe(6);
  });

  it('verifies when it is empty', async () => {
    expect((await verdictOf(await publishedFiles([], signer))).ok).toBe(true);
  });

  it.each([0, 1, 255, 256, 257, 512, 599, 600])('continues a checkpoint of %d entries', async (size) => {
    const earlier = await signCheckpoint(BigInt(size), await tree.root(size), signer);
    expect((await verdictOf(files, earlier)).ok).toBe(true);
  });

  it('verifies past a full tile of tiles', async () => {
    const many = Array.from({ length: 66_000 }, (_, at) => utf8(String(at)));
    const published = await publishedFiles(many, signer);
    expect([...published.keys()].filter((path) => path.startsWith('tile/2'))).toStrictEqual([
      'tile/2/000.p/1',
    ]);
    expect((await verdictOf(published)).ok).toBe(true);
    const last = published.get('tile/1/000') ?? new Uint8Array();
    last[8191] = (last[8191] ?? 0) ^ 1;
    expect(await verdictOf(published)).toStrictEqual({
      ok: false,
      fault: 'tile_mismatch',
      path: 'tile/1/000',
      // The first of the 256 entries under the last hash of that tile.
      index: 255 * 256,
    });
  }, 60_000);
});

describe('tampering shows', () => {
  it('wherever one bit is changed', async () => {
    const paths = [...files.keys()];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), fc.nat(7), async (path, position, bit) => {
        const verdict = await verdictOf(
          altered(path, (bytes) => {
            const at = position % bytes.length;
            bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
            return bytes;
          }),
        );
        expect(verdict.ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('when any file is missing, empty, shorter or longer', async () => {
    for (const path of files.keys()) {
      for (const change of [
        () => null,
        () => new Uint8Array(),
        (bytes: Uint8Array) => bytes.subarray(0, -1),
        (bytes: Uint8Array) => bytes.subarray(0, -32),
        (bytes: Uint8Array) => Uint8Array.of(...bytes, 0),
      ]) {
        const verdict = await verdictOf(altered(path, change));
        expect(verdict).toMatchObject({ ok: false, path });
      }
    }
  });

  it.each([
    ['changed', 3, (entries: Uint8Array[]) => entries.with(3, utf8('another'))],
    ['swapped', 2, (entries: Uint8Array[]) => entries.with(2, at(entries, 7)).with(7, at(entries, 2))],
    ['repeated in the place of another', 3, (entries: Uint8Array[]) => entries.with(3, at(entries, 2))],
  ])('when an entry is %s, and from where on', async (_, index, change) => {
    expect(await verdictOf(alteredEntries(change))).toStrictEqual({
      ok: false,
      fault: 'tile_mismatch',
      path: 'tile/0/000',
      index,
    });
  });

  it.each([
    ['removed', (entries: Uint8Array[]) => entries.toSpliced(3, 1)],
    ['added', (entries: Uint8Array[]) => entries.toSpliced(3, 0, utf8('another'))],
  ])('when an entry is %s, and from where on', async (_, change) => {
    expect(await verdictOf(alteredEntries(change))).toStrictEqual({
      ok: false,
      fault: 'bundle_malformed',
      path: 'tile/entries/000',
      index: 3,
    });
  });

  it('when entries and tiles were all made anew, and only the signature is old', async () => {
    const rewritten = await publishedFiles(leaves.slice(0, SIZE).with(3, utf8('another')), impostor);
    rewritten.set('checkpoint', files.get('checkpoint') ?? new Uint8Array());
    expect(await verdictOf(rewritten)).toStrictEqual({
      ok: false,
      fault: 'root_mismatch',
      path: 'checkpoint',
    });
  });

  it('when another key has signed everything', async () => {
    const rewritten = await publishedFiles(leaves.slice(0, SIZE), impostor);
    expect(await verdictOf(rewritten)).toStrictEqual({
      ok: false,
      fault: 'note_unsigned',
      path: 'checkpoint',
    });
  });

  it('when another log of the same key stands in its place', async () => {
    const other = await noteSigner('salus.localhost/log/other/2026', new Uint8Array(32).fill(1));
    const rewritten = await publishedFiles(leaves.slice(0, SIZE), other);
    expect(await verdictOf(rewritten)).toStrictEqual({
      ok: false,
      fault: 'note_unsigned',
      path: 'checkpoint',
    });
  });
});

describe('what was seen before', () => {
  it('shows that the log itself has cut off its tail', async () => {
    const earlier = await signCheckpoint(BigInt(SIZE + 1), await tree.root(SIZE + 1), signer);
    expect(await verdictOf(files, earlier)).toStrictEqual({
      ok: false,
      fault: 'log_truncated',
      path: 'checkpoint',
      index: SIZE,
    });
  });

  it.each([1, 255, 256, 257, 512, 599, 600])(
    'shows that the log itself has rewritten one of its first %d entries',
    async (size) => {
      const rewritten = await publishedFiles(leaves.slice(0, SIZE).with(0, utf8('another')), signer);
      expect((await verdictOf(rewritten)).ok).toBe(true);
      const earlier = await signCheckpoint(BigInt(size), await tree.root(size), signer);
      expect(await verdictOf(rewritten, earlier)).toMatchObject({ ok: false, fault: 'log_inconsistent' });
    },
  );

  it('is itself believed only when the log has signed it', async () => {
    const forged = await signCheckpoint(BigInt(SIZE), await tree.root(SIZE), impostor);
    expect(await verdictOf(files, forged)).toStrictEqual({
      ok: false,
      fault: 'note_unsigned',
      path: 'earlier',
    });
    expect(await verdictOf(files, utf8('?'))).toStrictEqual({
      ok: false,
      fault: 'note_malformed',
      path: 'earlier',
    });
  });
});

describe('keys and witnesses', () => {
  const verdict = (options: Omit<VerifyLogOptions, 'read'>, of: ReadonlyMap<string, Uint8Array> = files) =>
    verifyLog({ read: async (path) => of.get(path) ?? null, ...options });
  const { verifierKey } = signer;

  it('a log that has changed its key verifies by the old one, the new one, or either', async () => {
    const root = await tree.root(SIZE);
    const both = new Map(files).set('checkpoint', await signCheckpoint(BigInt(SIZE), root, impostor, signer));
    for (const key of [verifierKey, impostor.verifierKey]) {
      expect((await verdict({ verifierKey: key }, both)).ok).toBe(true);
    }
    const keys = [impostor.verifierKey, verifierKey];
    expect((await verdict({ verifierKey: keys })).ok).toBe(true);
    const earlier = await signCheckpoint(5n, await tree.root(5), signer);
    expect((await verdict({ verifierKey: keys, earlier }, both)).ok).toBe(true);
    expect(await verdict({ verifierKey: [] })).toMatchObject({ fault: 'note_unsigned' });
  });

  it('counts the witnesses that have cosigned, and asks for as many as it is told', async () => {
    const [first, second, third] = await Promise.all(
      [11, 12, 13].map((seed) => cosigner(`witness.example/${seed}`, new Uint8Array(32).fill(seed))),
    );
    if (!first || !second || !third) throw new Error('no cosigners');
    const note = new TextDecoder().decode(files.get('checkpoint'));
    const text = note.slice(0, note.indexOf('\n\n') + 1);
    const lines = [await first.cosign(text, 1_700_000_000n), await third.cosign(text, 1_700_000_005n)];
    const cosigned = new Map(files).set('checkpoint', utf8(`${note}${lines.join('\n')}\n`));
    const witnesses = [first, second, third].map(({ verifierKey }) => verifierKey);

    expect(await verdict({ verifierKey, witnesses, quorum: 2 }, cosigned)).toMatchObject({
      ok: true,
      cosignatures: [
        { name: first.name, timestamp: 1_700_000_000n },
        { name: third.name, timestamp: 1_700_000_005n },
      ],
    });
    const tooFew = { ok: false, fault: 'quorum_not_met', path: 'checkpoint' };
    expect(await verdict({ verifierKey, witnesses, quorum: 3 }, cosigned)).toStrictEqual(tooFew);
    expect(await verdict({ verifierKey, witnesses }, cosigned)).toStrictEqual(tooFew);
    expect(await verdict({ verifierKey, witnesses, quorum: 1 })).toStrictEqual(tooFew);
    expect((await verdict({ verifierKey, witnesses, quorum: 0 })).ok).toBe(true);
    expect(await verdict({ verifierKey, witnesses, quorum: 4 })).toMatchObject({
      fault: 'witness_policy_malformed',
    });
    expect(await verdict({ verifierKey, witnesses: [verifierKey] })).toMatchObject({
      fault: 'verifier_key_malformed',
    });
  });
});

describe('a verdict is a value', () => {
  it('for any bytes in any file', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files.keys()),
        fc.uint8Array({ maxLength: 300 }),
        async (path, bytes) => {
          expect((await verdictOf(altered(path, () => bytes))).ok).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('for a log that claims more entries than anybody could read', async () => {
    for (const size of [2n ** 40n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
      const note = await signCheckpoint(size, await tree.root(SIZE), signer);
      const verdict = await verdictOf(altered('checkpoint', () => note));
      expect(verdict).toStrictEqual({
        ok: false,
        fault: 'bundle_missing',
        path: 'tile/entries/002',
        index: 512,
      });
    }
  });

  it('for a signature of another length', async () => {
    const short: NoteSigner = {
      ...signer,
      sign: async (text) => (await signer.sign(text)).subarray(0, 20),
    };
    const note = await signNote(`${ORIGIN}\n0\n${'A'.repeat(43)}=\n`, short);
    expect(await verdictOf(new Map([['checkpoint', note]]))).toMatchObject({
      fault: 'note_signature_invalid',
    });
  });

  it('for a verifier key that is none', async () => {
    const read = async (path: string) => files.get(path) ?? null;
    expect(await verifyLog({ read, verifierKey: 'none' })).toMatchObject({ fault: 'verifier_key_malformed' });
  });

  it('but what reading throws is not of the log, and is thrown', async () => {
    const read = async () => {
      throw new Error('offline');
    };
    await expect(verifyLog({ read, verifierKey: signer.verifierKey })).rejects.toThrow('offline');
  });

  it('of the first fault, although a file behind it cannot be read', async () => {
    const broken = alteredEntries((entries) => entries.with(3, utf8('another')));
    const read = async (path: string) => {
      if (path.startsWith('tile/entries/001')) throw new Error('offline');
      return broken.get(path) ?? null;
    };
    expect(await verifyLog({ read, verifierKey: signer.verifierKey })).toMatchObject({
      fault: 'tile_mismatch',
      index: 3,
    });
  });
});
