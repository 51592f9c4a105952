// argon2id (RFC 9106) as this package uses it, whatever loads its WebAssembly.
import type { computeHash } from 'argon2id';

export type Argon2id = computeHash;
