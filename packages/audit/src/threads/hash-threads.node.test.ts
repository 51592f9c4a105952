// Threads say the same of a bundle as its hashes made one by one, and a log comes to the same verdict by them.
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { encodeBundle } from '../log/bundle.ts';
import { type BundleHashes, bundleHasher, LogError, noteSigner, verifyLog } from '../log/index.ts';
import { webSha256 } from '../log/merkle-hash.ts';
import { publishedFiles } from '../log/test-store.ts';
import { testTree } from '../log/test-tree.ts';
import { type Hashing, hashing } from './hash-threads.ts';

function started(withoutThreads?: number): Hashing {
  const hashes = hashing(withoutThreads === undefined ? {} : { withoutThreads });
  onTestFinished(() => hashes.close());
  return hashes;
}

const bundleOf = (width: number, seed: number) =>
  encodeBundle(Array.from({ length: width }, (_, at) => new Uint8Array(1 + ((seed + at) % 700)).fill(seed)));

const plain = ({ leaves, root }: BundleHashes) =>
  [...leaves, root].map((hash) => Buffer.from(hash).toString('hex'));

describe.each([0, 3, undefined])('with %s bundles before the threads start', (withoutThreads) => {
  it('hashes bundles of every width, many at once', async () => {
    const { hashBundle } = started(withoutThreads);
    const widths = [256, 1, 2, 255, 100, 256, 256, 3];
    const bundles = widths.map((width, at) => [bundleOf(width, at), width] as const);
    const found = await Promise.all(bundles.map((bundle) => hashBundle(...bundle)));
    const expected = await Promise.all(bundles.map((bundle) => bundleHasher(webSha256)(...bundle)));
    expect(found.map(plain)).toStrictEqual(expected.map(plain));
  });

  it('refuses what is no bundle of that width, and goes on with the next', async () => {
    const { hashBundle } = started(withoutThreads);
    const tasks = [255, 256, 257, 256].map((width) => hashBundle(bundleOf(256, 7), width));
    const malformed = new LogError('bundle_malformed');
    expect(await Promise.allSettled(tasks)).toMatchObject([
      { reason: malformed },
      { status: 'fulfilled' },
      { reason: malformed },
      { status: 'fulfilled' },
    ]);
  });
});

describe('a log of several bundles', async () => {
  const signer = await noteSigner('salus.localhost/log/org/2026', new Uint8Array(32).fill(1));
  const whole = await publishedFiles(testTree(600).leaves, signer);
  let files: Map<string, Uint8Array>;
  beforeEach(() => {
    files = new Map(whole);
  });

  const verdictBy = (hashes: Partial<Hashing>) =>
    verifyLog({ read: async (path) => files.get(path) ?? null, verifierKey: signer.verifierKey, ...hashes });

  it('verifies', async () => {
    const { hashBundle } = started(0);
    expect(await verdictBy({ hashBundle })).toMatchObject({ ok: true, checkpoint: { size: 600n } });
  });

  it.each([...whole.keys()])(
    'does not, changed anywhere in %s, and the verdict is the one without threads',
    async (path) => {
      const { hashBundle } = started(0);
      const bytes = whole.get(path) ?? new Uint8Array();
      for (const changed of [
        bytes.with(0, (bytes[0] ?? 0) ^ 1),
        bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 0x80),
        bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1),
        bytes.subarray(0, -1),
        Uint8Array.of(...bytes, 0),
      ]) {
        files.set(path, changed);
        const verdict = await verdictBy({ hashBundle });
        expect(verdict.ok).toBe(false);
        expect(verdict).toStrictEqual(await verdictBy({}));
      }
    },
  );
});

describe('threads that have ended', () => {
  it('by a fault answer what they were asked with it, and whatever they are asked then', async () => {
    const { hashBundle } = started(0);
    // Boundary: no caller that is checked passes this.
    const noBytes = 'no bytes' as unknown as Uint8Array;
    const first = Array.from({ length: 20 }, () => hashBundle(noBytes, 1));
    const isFault = { status: 'rejected', reason: expect.any(TypeError) };
    expect(await Promise.allSettled(first)).toStrictEqual(first.map(() => isFault));
    await expect(hashBundle(bundleOf(1, 1), 1)).rejects.toThrow(TypeError);
  });

  it('because a verdict was given leave nobody waiting, and are not started anew', async () => {
    const { hashBundle, close } = started(2);
    const asked = Array.from({ length: 12 }, (_, at) => hashBundle(bundleOf(256, at), 256));
    const settled = Promise.allSettled(asked);
    await close();
    expect((await settled).map(({ status }) => status).slice(0, 2)).toStrictEqual(['fulfilled', 'fulfilled']);
    await expect(hashBundle(bundleOf(1, 1), 1)).rejects.toThrow('have been ended');
  });
});
