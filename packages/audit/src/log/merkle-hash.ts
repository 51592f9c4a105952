// The hashes of a Merkle tree (RFC 6962 §2.1): SHA-256 with one byte in front that tells a leaf from a node, so that
// neither can be passed off as the other.
import { type Bytes, copyOfBytes } from './bytes.ts';

/**
 * SHA-256, by whatever is fastest where the log runs. Web Crypto is asynchronous and pays for it at each call; a
 * writer of thousands of leaves a second passes a synchronous one. It takes the bytes before it returns, as Web Crypto does
 * (“get a copy of the bytes”): what they stand in is written over afterwards.
 */
export type Sha256 = (bytes: Bytes) => Uint8Array | Promise<Uint8Array>;

/** Length of every hash, in bytes. */
export const HASH_LENGTH = 32;

/** SHA-256 by Web Crypto. */
export async function webSha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

// What is hashed is put together in one place, time after time: to allocate it anew would cost as much as to hash it.
let sheet: Bytes = new Uint8Array(4096);

function prefixed(prefix: number, parts: readonly Uint8Array[]): Bytes {
  let length = 1;
  for (const part of parts) length += part.length;
  if (length > sheet.length) sheet = new Uint8Array(2 * length);
  sheet[0] = prefix;
  let at = 1;
  for (const part of parts) {
    sheet.set(part, at);
    at += part.length;
  }
  return sheet.subarray(0, length);
}

/** What is hashed for a leaf: `0x00 | bytes`. Good until the next. */
function leafInput(bytes: Uint8Array): Bytes {
  return prefixed(0, [bytes]);
}

const nodeSheet: Bytes = new Uint8Array(1 + 2 * HASH_LENGTH).fill(1, 0, 1);

/** What is hashed for an inner node: `0x01 | left | right`. Good until the next. */
export function nodeInput(left: Uint8Array, right: Uint8Array): Bytes {
  if (left.length !== HASH_LENGTH || right.length !== HASH_LENGTH) return prefixed(1, [left, right]);
  nodeSheet.set(left, 1);
  nodeSheet.set(right, 1 + HASH_LENGTH);
  return nodeSheet;
}

/**
 * Hash of a leaf, 32 bytes: `SHA-256(0x00 | bytes)` (RFC 6962 §2.1).
 * @throws TypeError when `bytes` is not a Uint8Array.
 */
export async function leafHash(bytes: Uint8Array): Promise<Bytes> {
  return webSha256(leafInput(ownBytes(bytes)));
}

/**
 * Hash of an inner node, 32 bytes: `SHA-256(0x01 | left | right)` (RFC 6962 §2.1). In a tree both are 32 bytes long;
 * this function does not insist, as the published vectors do not.
 * @throws TypeError when either is not a Uint8Array.
 */
export async function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return webSha256(nodeInput(ownBytes(left), ownBytes(right)));
}

function ownBytes(value: unknown): Bytes {
  const bytes = copyOfBytes(value);
  if (bytes === undefined) throw new TypeError('expected a Uint8Array');
  return bytes;
}

/** Root of the tree without leaves: SHA-256 of nothing (RFC 6962 §2.1). */
export async function emptyRoot(sha256: Sha256 = webSha256): Promise<Uint8Array> {
  return sha256(new Uint8Array(0));
}

/** Hashes of many leaves, in their order. */
export async function hashLeaves(leaves: readonly Uint8Array[], sha256: Sha256): Promise<Uint8Array[]> {
  return settled(leaves.map((leaf) => sha256(leafInput(leaf))));
}

/** Waits where there is something to wait for: a promise for each hash that is there already would cost as much as the hash. */
function settled(hashes: (Uint8Array | Promise<Uint8Array>)[]): Uint8Array[] | Promise<Uint8Array[]> {
  return hashes.every((hash) => hash instanceof Uint8Array) ? hashes : Promise.all(hashes);
}

/**
 * Root over a row of node hashes of one height, of which only the last may stand for a smaller tree. Pairing level by
 * level and lifting an odd last one gives the tree of RFC 6962 §2.1.
 * @throws RangeError when the row is empty: an empty tree has no row.
 */
export async function rowRoot(row: readonly Uint8Array[], sha256: Sha256): Promise<Uint8Array> {
  let level = row;
  while (level.length > 1) {
    const pairs: (Uint8Array | Promise<Uint8Array>)[] = [];
    let left: Uint8Array | undefined;
    for (const hash of level) {
      if (left === undefined) {
        left = hash;
      } else {
        pairs.push(sha256(nodeInput(left, hash)));
        left = undefined;
      }
    }
    const above = await settled(pairs);
    if (left !== undefined) above.push(left);
    level = above;
  }
  const [root] = level;
  if (root === undefined) throw new RangeError('a row has at least one hash');
  return root;
}
