// argon2id (RFC 9106) as this package uses it, whatever loads its WebAssembly.
import type { computeHash } from 'argon2id';

/** Computes one tag, synchronously; `memorySize` is in KiB. Throws on a password of fewer than eight bytes. */
export type Argon2id = computeHash;
