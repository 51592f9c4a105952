// Random bytes for keys and nonces, from a source that is watched: one that always says the same, or the same again after a
// while, is refused before anything is sealed with what it says (NIST SP 800-90B §4 asks the like of every source).
import type { Bytes } from './bytes.ts';
import { RandomSourceError } from './errors.ts';

export interface RandomSource {
  /** For tokens and salts. @throws RandomSourceError */
  bytes(length: number): Bytes;
  /** 32 bytes. The source is tested anew each time: a key is made seldom and used long. @throws RandomSourceError */
  key(): Bytes;
  /** 12 bytes. Differs from each of the last ones. @throws RandomSourceError */
  nonce(): Bytes;
}

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;

const BLOCKS = 64;
const BLOCK_BYTES = 16;
/** Nonces are no secret, so that some can be remembered. */
const REMEMBERED = 16;

/** @param fill overwrites all bytes that it is given */
export function randomSource(fill: (bytes: Bytes) => void): RandomSource {
  const lately: Bytes[] = [];
  let tested = false;

  const draw = (length: number): Bytes => {
    const bytes = new Uint8Array(length);
    fill(bytes);
    return bytes;
  };
  // Not before the first draw: a Worker has no randomness until it has a request.
  const test = () => {
    tested = looksRandom(draw(BLOCKS * BLOCK_BYTES));
    if (!tested) throw new RandomSourceError();
  };

  return {
    bytes(length) {
      if (!tested) test();
      return draw(length);
    },
    key() {
      test();
      return draw(KEY_BYTES);
    },
    nonce() {
      if (!tested) test();
      const nonce = draw(NONCE_BYTES);
      if (lately.some((one) => equal(one, nonce))) {
        tested = false;
        throw new RandomSourceError();
      }
      lately.push(nonce);
      if (lately.length > REMEMBERED) lately.shift();
      return nonce;
    },
  };
}

/** No block comes twice, and no bit is the same in all of them. Of random bytes one in 2^56 is refused. */
function looksRandom(bytes: Bytes): boolean {
  const ones = new Uint8Array(BLOCK_BYTES);
  const zeros = new Uint8Array(BLOCK_BYTES);
  const blocks = new Set<string>();
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const block = bytes.subarray(start, start + BLOCK_BYTES);
    blocks.add(block.join());
    for (const [at, byte] of block.entries()) {
      ones[at] = (ones[at] ?? 0) | byte;
      zeros[at] = (zeros[at] ?? 0) | (byte ^ 0xff);
    }
  }
  const varies = (seen: Uint8Array) => seen.every((bits) => bits === 0xff);
  return blocks.size === bytes.length / BLOCK_BYTES && varies(ones) && varies(zeros);
}

function equal(a: Bytes, b: Bytes): boolean {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

const source = randomSource((bytes) => void crypto.getRandomValues(bytes));

export const { bytes: randomBytes, key: newKey, nonce: newNonce } = source;
