// Verification of Merkle proofs (RFC 6962 §2.1.1 and §2.1.2, by the algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2).
// Each function resolves to a boolean, whatever it is given: hostile input is false, never an exception. Input is read
// once and copied before the first hash, so that it cannot change half way.
import { type Bytes, copyOfBytes, sameBytes } from './bytes.ts';
import { emptyRoot, HASH_LENGTH, nodeHash } from './merkle-hash.ts';

/** A claim that a leaf stands at an index of a tree. Sizes and indexes go up to 2^63-1; hashes have 32 bytes. */
export interface InclusionClaim {
  readonly index: number | bigint;
  readonly size: number | bigint;
  readonly leafHash: Uint8Array;
  /** From the leaf's sibling up to the root's child. */
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** A claim that the tree of `size2` leaves begins with the tree of `size1` leaves. */
export interface ConsistencyClaim {
  readonly size1: number | bigint;
  readonly size2: number | bigint;
  readonly proof: readonly Uint8Array[];
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
}

const LARGEST_SIZE = 2n ** 63n - 1n;
const LONGEST_PROOF = 64;

/** Whether the proof shows that the leaf is the one at `index` of the tree with that size and root. */
export async function verifyInclusion(claim: InclusionClaim): Promise<boolean> {
  try {
    const { index, size, leafHash, proof, root } = claim;
    return await inclusionHolds(count(index), count(size), hash(leafHash), hashes(proof), hash(root));
  } catch {
    return false;
  }
}

/**
 * Whether the proof shows that the second tree only adds to the first. Every tree adds to the empty one, whose root is
 * SHA-256 of nothing and whose proof is empty.
 */
export async function verifyConsistency(claim: ConsistencyClaim): Promise<boolean> {
  try {
    const { size1, size2, proof, root1, root2 } = claim;
    return await consistencyHolds(count(size1), count(size2), hashes(proof), hash(root1), hash(root2));
  } catch {
    return false;
  }
}

async function inclusionHolds(
  index: bigint,
  size: bigint,
  leaf: Bytes,
  proof: Bytes[],
  root: Bytes,
): Promise<boolean> {
  if (index >= size) return false;
  let node = index;
  let last = size - 1n;
  let computed = leaf;
  for (const sibling of proof) {
    if (last === 0n) return false;
    if (isOdd(node) || node === last) {
      computed = await nodeHash(sibling, computed);
      [node, last] = skipLevelsWithoutSibling(node, last);
    } else {
      computed = await nodeHash(computed, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && sameBytes(computed, root);
}

async function consistencyHolds(
  size1: bigint,
  size2: bigint,
  proof: Bytes[],
  root1: Bytes,
  root2: Bytes,
): Promise<boolean> {
  if (size1 > size2) return false;
  if (size1 === 0n && !sameBytes(root1, await emptyRoot())) return false;
  if (size1 === size2) return proof.length === 0 && sameBytes(root1, root2);
  if (size1 === 0n) return proof.length === 0;

  // A first tree that is a perfect one is itself a node of the second, and the proof leaves it out.
  const path = isPowerOfTwo(size1) ? [root1, ...proof] : proof;
  const [start, ...rest] = path;
  if (start === undefined) return false;

  let node = size1 - 1n;
  let last = size2 - 1n;
  while (isOdd(node)) {
    node >>= 1n;
    last >>= 1n;
  }
  let first = start;
  let second = start;
  for (const sibling of rest) {
    if (last === 0n) return false;
    if (isOdd(node) || node === last) {
      first = await nodeHash(sibling, first);
      second = await nodeHash(sibling, second);
      [node, last] = skipLevelsWithoutSibling(node, last);
    } else {
      second = await nodeHash(second, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && sameBytes(first, root1) && sameBytes(second, root2);
}

/** The right edge of a tree is lifted unchanged through the levels where it has no sibling. */
function skipLevelsWithoutSibling(node: bigint, last: bigint): [bigint, bigint] {
  let [at, end] = [node, last];
  while (at !== 0n && !isOdd(at)) {
    at >>= 1n;
    end >>= 1n;
  }
  return [at, end];
}

function isOdd(value: bigint): boolean {
  return (value & 1n) === 1n;
}

function isPowerOfTwo(value: bigint): boolean {
  return (value & (value - 1n)) === 0n;
}

/** Thrown and caught within this file: what was given is not of the shape that it should be. */
class Malformed extends Error {}

/** A size or an index. A number past 2^53 is refused: it may already have been rounded. */
function count(value: unknown): bigint {
  const whole = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof whole !== 'bigint' || whole < 0n || whole > LARGEST_SIZE) throw new Malformed();
  return whole;
}

function hash(value: unknown): Bytes {
  const bytes = copyOfBytes(value, HASH_LENGTH);
  if (bytes === undefined) throw new Malformed();
  return bytes;
}

function hashes(value: unknown): Bytes[] {
  if (!Array.isArray(value)) throw new Malformed();
  // The length is looked at before the elements: a proof is short, a list of ten thousand is not one.
  const length: unknown = value.length;
  if (typeof length !== 'number' || length > LONGEST_PROOF) throw new Malformed();
  return Array.from({ length }, (_, i) => hash(value[i]));
}
