// Passwords (NIST SP 800-63B-4 §3.1.1): hashed with argon2id at 19 MiB and two passes (OWASP), exactly as they were typed.
// Whoever is asked about, known or not, whatever is stored, the answer costs one hash: time says nothing.
import { fromBase64, randomBytes, timingSafeEqual, toBase64 } from '@salus/crypto';
import * as z from 'zod';
import type { Argon2id } from './argon2id/argon2id.ts';

const MEMORY_KIB = 19_456;
const PASSES = 2;
const PARALLELISM = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

/** The implementation takes no less; a shorter one is no password of ours, and is still worth one hash. */
const PASSWORD_BYTES_AT_LEAST = 8;

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/;
/** What a stored hash may ask for at most, so that a row that was tampered with cannot exhaust the isolate. */
const CEILING = { memoryKib: 65_536, passes: 10 };

interface StoredHash {
  readonly memorySize: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

/** A password as somebody types it to sign in: of any form, but not of any size. 1 to 1024 UTF-16 units. */
export const presentedPassword = z.string().min(1).max(1024);

/**
 * Expects what `newPassword` has let through: of fewer than eight bytes there is no hash.
 * @returns a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`, a salt of 16 bytes and a tag of 32
 *
 * Of the bytes as they are, although NIST would normalise them first (a SHOULD): the command line makes hashes that a Worker
 * checks, and where the two had other Unicode tables, now or after an upgrade, an account would be shut out for good. The
 * price: whoever has a keyboard that composes `ä` in another way has to know.
 */
export async function hashPassword(argon2id: Argon2id, password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = argon2id({
    password: new TextEncoder().encode(password),
    salt,
    memorySize: MEMORY_KIB,
    passes: PASSES,
    parallelism: PARALLELISM,
    tagLength: TAG_BYTES,
  });
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${PARALLELISM}$${unpadded(salt)}$${unpadded(tag)}`;
}

/**
 * Whether the password is the one that was hashed; false, and no error, when what is stored is no hash of ours. One hash is
 * computed whatever happens.
 * @param phc null when there is no such account
 */
export async function verifyPassword(
  argon2id: Argon2id,
  password: string,
  phc: string | null,
): Promise<boolean> {
  const stored = phc === null ? null : storedHashOf(phc);
  const { tag: expected, ...parameters } = stored ?? DECOY;
  const presented = new TextEncoder().encode(password);
  const long = presented.length >= PASSWORD_BYTES_AT_LEAST;
  const tag = argon2id({
    ...parameters,
    password: long ? presented : new Uint8Array(PASSWORD_BYTES_AT_LEAST),
    tagLength: expected.length,
  });
  return timingSafeEqual(tag, expected) && stored !== null && long;
}

const DECOY: StoredHash = {
  memorySize: MEMORY_KIB,
  passes: PASSES,
  parallelism: PARALLELISM,
  salt: new Uint8Array(SALT_BYTES),
  tag: new Uint8Array(TAG_BYTES),
};

function storedHashOf(phc: string): StoredHash | null {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(phc) ?? [];
  if (!memory || !passes || !parallelism || !salt || !tag) return null;
  if (Number(memory) > CEILING.memoryKib || Number(passes) > CEILING.passes || parallelism === '0')
    return null;
  if (Number(memory) < 8 * Number(parallelism) || Number(passes) === 0) return null;
  try {
    return {
      memorySize: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
      salt: fromBase64(padded(salt)),
      tag: fromBase64(padded(tag)),
    };
  } catch {
    return null;
  }
}

/** PHC strings leave the padding out. */
function unpadded(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('=', '');
}

function padded(text: string): string {
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}
