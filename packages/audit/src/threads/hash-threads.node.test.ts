// Threads say the same of a bundle as its hashes made one by one, and what is no bundle is none there either.
import { afterEach, describe, expect, it } from 'vitest';
import { encodeBundle } from '../log/bundle.ts';
import { bundleHasher, LogError } from '../log/index.ts';
import { webSha256 } from '../log/merkle-hash.ts';
import { type Hashing, hashing } from './hash-threads.ts';

let open: Hashing | undefined;
afterEach(() => open?.close());

function started(withoutThreads?: number): Hashing {
  open = hashing(withoutThreads === undefined ? {} : { withoutThreads });
  return open;
}

const bundleOf = (width: number, seed: number) =>
  encodeBundle(Array.from({ length: width }, (_, at) => new Uint8Array(1 + ((seed + at) % 700)).fill(seed)));

const plain = ({ leaves, root }: { leaves: readonly Uint8Array[]; root: Uint8Array }) =>
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

it('a thread that ends answers what it was asked with its fault', async () => {
  const { hashBundle } = started(0);
  // Boundary: no caller that is checked passes this.
  const noBytes = 'no bytes' as unknown as Uint8Array;
  await expect(hashBundle(noBytes, 1)).rejects.toThrow(TypeError);
});
