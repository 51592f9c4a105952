// Tokens that mean nothing: 256 random bits after a prefix that says what they are for, so that a leaked one can be
// recognised. The database holds their hashes alone.
import { type Bytes, fromBase64Url, randomBytes, toBase64Url } from '@salus/crypto';

const PREFIX = { refresh: 'sr_', mfa: 'sm_' } as const;

/** `refresh` begins with `sr_`, the challenge of a second factor (`mfa`) with `sm_`. */
export type OpaqueTokenKind = keyof typeof PREFIX;

const SECRET_BYTES = 32;

export interface OpaqueToken {
  readonly token: string;
  /** SHA-256: the secret has 256 bits, so a slow hash would add nothing. */
  readonly hash: Bytes;
}

/** The token is its prefix and 43 characters of base64url. */
export async function newOpaqueToken(kind: OpaqueTokenKind): Promise<OpaqueToken> {
  const secret = randomBytes(SECRET_BYTES);
  return { token: PREFIX[kind] + toBase64Url(secret), hash: await sha256(secret) };
}

/** SHA-256 of its 32 bytes; null when the text is not a token of that kind. */
export async function hashOpaqueToken(kind: OpaqueTokenKind, token: string): Promise<Bytes | null> {
  const secret = secretOf(kind, token);
  return secret && sha256(secret);
}

/** The 32 bytes of a token, or null when the text is not one of that kind. */
export function secretOf(kind: OpaqueTokenKind, token: string): Bytes | null {
  if (!token.startsWith(PREFIX[kind])) return null;
  try {
    const secret = fromBase64Url(token.slice(PREFIX[kind].length));
    return secret.length === SECRET_BYTES ? secret : null;
  } catch {
    return null;
  }
}

async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}
