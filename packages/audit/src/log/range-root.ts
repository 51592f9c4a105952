// The root of a tree from the hashes that its tiles hold. A tree of n leaves is, from left to right, a row of perfect
// subtrees, each smaller than the one before it (the ones in n's binary form); RFC 6962 §2.1 joins them from the right.
import { emptyRoot, nodeInput, rowRoot, type Sha256 } from './merkle-hash.ts';
import { hashesAtLevel, TILE_WIDTH } from './tile.ts';

/** The hashes `from` (inclusive) to `to` (exclusive) of a level: leaves at 0, full tiles of the level below above that. */
export type HashRange = (level: number, from: number, to: number) => readonly Uint8Array[];

/** Root of the tree of the first `size` leaves. */
export async function rootAt(size: number, hashes: HashRange, sha256: Sha256): Promise<Uint8Array> {
  if (size === 0) return emptyRoot(sha256);
  const subtrees: Uint8Array[] = [];
  for (let level = topLevel(size); level >= 0; level--) {
    const total = hashesAtLevel(size, level);
    const partial = hashes(level, total - (total % TILE_WIDTH), total);
    subtrees.push(...(await perfectSubtrees(partial, sha256)));
  }
  return joinFromRight(subtrees, sha256);
}

/** Joins perfect subtrees, each smaller than the one before it. There is at least one. */
export async function joinFromRight(subtrees: readonly Uint8Array[], sha256: Sha256): Promise<Uint8Array> {
  const [last, ...others] = subtrees.toReversed();
  if (last === undefined) throw new RangeError('a tree has at least one subtree');
  let root = last;
  for (const left of others) root = await sha256(nodeInput(left, root));
  return root;
}

/** The row cut into the largest perfect subtrees, left to right, each reduced to its root. */
async function perfectSubtrees(row: readonly Uint8Array[], sha256: Sha256): Promise<Uint8Array[]> {
  const roots: Uint8Array[] = [];
  let at = 0;
  for (let width = TILE_WIDTH; width > 0; width >>= 1) {
    if ((row.length & width) === 0) continue;
    roots.push(await rowRoot(row.slice(at, at + width), sha256));
    at += width;
  }
  return roots;
}

function topLevel(size: number): number {
  let level = 0;
  while (hashesAtLevel(size, level + 1) > 0) level++;
  return level;
}
