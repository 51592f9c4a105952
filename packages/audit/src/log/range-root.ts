// Roots of parts of a tree, from the hashes that its tiles hold (RFC 6962 §2.1). Every root that is asked for is cut, from
// left to right, into the largest perfect subtrees; each lies within one tile; they are joined from the right.
import { emptyRoot, nodeInput, rowRoot, type Sha256 } from './merkle-hash.ts';
import { TILE_WIDTH } from './tile.ts';

/** The hashes `from` (inclusive) to `to` (exclusive) of a level: leaves at 0, full tiles of the level below above that. */
export type HashRange = (
  level: number,
  from: number,
  to: number,
) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;

/** Root of the tree of the first `size` leaves. */
export function rootAt(size: number, hashes: HashRange, sha256: Sha256): Promise<Uint8Array> {
  return size === 0 ? emptyRoot(sha256) : rangeRoot(0, size, hashes, sha256);
}

/**
 * Root of the leaves `from` (inclusive) to `to` (exclusive), as a node of some tree: `from` is a multiple of the largest
 * power of two up to `to - from`.
 * @throws RangeError when the range is empty
 */
export async function rangeRoot(
  from: number,
  to: number,
  hashes: HashRange,
  sha256: Sha256,
): Promise<Uint8Array> {
  const subtrees: Promise<Uint8Array>[] = [];
  for (let at = from; at < to; at += largestPowerOfTwo(to - at)) {
    subtrees.push(perfectRoot(at, largestPowerOfTwo(to - at), hashes, sha256));
  }
  const [last, ...others] = (await Promise.all(subtrees)).toReversed();
  if (last === undefined) throw new RangeError('a root is over at least one leaf');
  let root = last;
  for (const left of others) root = await sha256(nodeInput(left, root));
  return root;
}

/** The largest power of two that is at most `count`, which is at least 1. */
export function largestPowerOfTwo(count: number): number {
  let power = 1;
  // By doubling: a logarithm would be rounded, and bit operations end at 2^32.
  while (power * 2 <= count) power *= 2;
  return power;
}

async function perfectRoot(
  from: number,
  width: number,
  hashes: HashRange,
  sha256: Sha256,
): Promise<Uint8Array> {
  let level = 0;
  let span = 1;
  while (span * TILE_WIDTH <= width) {
    span *= TILE_WIDTH;
    level++;
  }
  const first = from / span;
  return rowRoot(await hashes(level, first, first + width / span), sha256);
}
