// Exchanging a refresh token. The successor is sealed under a key that only a holder of the old token can derive, and left
// with the database: calls that race with one token all get the same successor, and the database alone can mint nothing.
import { type Bytes, openWithSecret, sealWithSecret, utf8 } from '@salus/crypto';
import { hashOpaqueToken, newOpaqueToken, secretOf } from './opaque-token.ts';

const PURPOSE = 'salus/refresh-successor/v1';

/** What `rotate_refresh_token()` of migration 0005 takes, and the token to answer with if it takes it. */
export interface Succession {
  readonly oldHash: Bytes;
  readonly newHash: Bytes;
  readonly newToken: string;
  readonly sealedSuccessor: Bytes;
}

/** A successor for the token, or null when the text is not a refresh token. */
export async function successorOf(oldToken: string): Promise<Succession | null> {
  const [secret, oldHash] = [secretOf('refresh', oldToken), await hashOpaqueToken('refresh', oldToken)];
  if (!secret || !oldHash) return null;
  const { token: newToken, hash: newHash } = await newOpaqueToken('refresh');
  const sealedSuccessor = await sealWithSecret(secret, PURPOSE, utf8(newToken));
  return { oldHash, newHash, newToken, sealedSuccessor };
}

/** The successor that another call made. @throws IntegrityError when it was not made for this token */
export async function openSuccessor(oldToken: string, sealed: Bytes): Promise<string> {
  const secret = secretOf('refresh', oldToken) ?? new Uint8Array();
  return new TextDecoder().decode(await openWithSecret(secret, PURPOSE, sealed));
}
