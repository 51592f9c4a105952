// Making Merkle proofs (RFC 6962 §2.1.1, §2.1.2) from the hashes that the tiles of a log hold. What is made here is checked
// by verify.ts, which shares none of it.
import { LogError } from './errors.ts';
import { HASH_LENGTH, type Sha256, webSha256 } from './merkle-hash.ts';
import { type HashRange, largestPowerOfTwo, rangeRoot } from './range-root.ts';
import { hashesAtLevel, TILE_WIDTH, tilePath } from './tile.ts';

/** A file of a log, by its path below the log's prefix; null when there is none. */
export type ReadFile = (path: string) => Promise<Uint8Array | null>;

/**
 * The audit path of a leaf in the tree of `size` leaves: from the leaf's sibling up to the root's child.
 * @throws RangeError when the tree has no such leaf
 */
export async function inclusionProof(
  { index, size }: { readonly index: number; readonly size: number },
  hashes: HashRange,
  sha256: Sha256 = webSha256,
): Promise<Uint8Array[]> {
  if (!isCount(index) || !isCount(size) || index >= size) throw new RangeError('no such leaf');
  const fromRoot: Range[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = splitOf(from, to);
    if (index < middle) {
      fromRoot.push([middle, to]);
      to = middle;
    } else {
      fromRoot.push([from, middle]);
      from = middle;
    }
  }
  return rootsOf(fromRoot.toReversed(), hashes, sha256);
}

/**
 * The proof that the tree of `size2` leaves begins with that of `size1` leaves; empty for the empty tree and for the same.
 * @throws RangeError when the first tree is larger than the second
 */
export async function consistencyProof(
  { size1, size2 }: { readonly size1: number; readonly size2: number },
  hashes: HashRange,
  sha256: Sha256 = webSha256,
): Promise<Uint8Array[]> {
  if (!isCount(size1) || !isCount(size2) || size1 > size2) throw new RangeError('not a part of the tree');
  if (size1 === 0) return [];
  const fromRoot: Range[] = [];
  let from = 0;
  let to = size2;
  while (to !== size1) {
    const middle = splitOf(from, to);
    if (size1 <= middle) {
      fromRoot.push([middle, to]);
      to = middle;
    } else {
      fromRoot.push([from, middle]);
      from = middle;
    }
  }
  // Where the first tree is a node of the second, its root is known to whoever verifies, and is left out.
  if (from > 0) fromRoot.push([from, to]);
  return rootsOf(fromRoot.toReversed(), hashes, sha256);
}

/** Leaves `from` (inclusive) to `to` (exclusive). */
type Range = readonly [from: number, to: number];

/** All at once, so that the files that hold them are fetched side by side. */
function rootsOf(ranges: readonly Range[], hashes: HashRange, sha256: Sha256): Promise<Uint8Array[]> {
  return Promise.all(ranges.map(([from, to]) => rangeRoot(from, to, hashes, sha256)));
}

/**
 * The hashes of a published tree of `size` leaves, from its tile files; each file is read once.
 * The reader throws LogError `tile_missing`, `tile_malformed`.
 */
export function tileHashes(read: ReadFile, size: number): HashRange {
  const files = new Map<string, Promise<Uint8Array>>();
  const tile = (level: number, index: number): Promise<Uint8Array> => {
    const width = Math.min(TILE_WIDTH, hashesAtLevel(size, level) - index * TILE_WIDTH);
    const path = tilePath({ level, index, width });
    const known = files.get(path) ?? readTile(read, path, width);
    files.set(path, known);
    return known;
  };
  return async (level, from, to) => {
    const index = Math.floor(from / TILE_WIDTH);
    const bytes = await tile(level, index);
    return Array.from({ length: to - from }, (_, at) => {
      const start = (from + at - index * TILE_WIDTH) * HASH_LENGTH;
      return bytes.subarray(start, start + HASH_LENGTH);
    });
  };
}

async function readTile(read: ReadFile, path: string, width: number): Promise<Uint8Array> {
  const bytes = await read(path);
  if (bytes === null) throw new LogError('tile_missing');
  if (bytes.length !== width * HASH_LENGTH) throw new LogError('tile_malformed');
  return bytes;
}

/** Where RFC 6962 cuts a range: after the largest power of two that is less than its length. */
function splitOf(from: number, to: number): number {
  return from + largestPowerOfTwo(to - from - 1);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
