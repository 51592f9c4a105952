// Ed25519 (RFC 8032) by Web Crypto, from the 32-byte seed of a private key or the 32 bytes of a public one.
import { decodeBase64 } from './base64.ts';
import { type Bytes, joinBytes } from './bytes.ts';
import { LogError } from './errors.ts';

const SEED_LENGTH = 32;
const SIGNATURE_LENGTH = 64;
/** PKCS #8 of an Ed25519 private key, up to its 32-byte seed (RFC 8410 §7). */
const PKCS8_PREFIX = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

export const PUBLIC_KEY_LENGTH = 32;

export interface Ed25519Signer {
  readonly publicKey: Bytes;
  sign(bytes: Uint8Array): Promise<Bytes>;
}

export type Ed25519Verify = (bytes: Uint8Array, signature: Uint8Array) => Promise<boolean>;

/** @throws LogError `signing_key_malformed` when the seed is not of 32 bytes */
export async function ed25519Signer(seed: Uint8Array): Promise<Ed25519Signer> {
  if (seed.length !== SEED_LENGTH) throw new LogError('signing_key_malformed');
  const pkcs8 = joinBytes([PKCS8_PREFIX, seed]);
  const publicKey = await publicKeyOf(pkcs8);
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
  pkcs8.fill(0);
  return {
    publicKey,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, joinBytes([bytes]))),
  };
}

export async function ed25519Verify(publicKey: Bytes): Promise<Ed25519Verify> {
  const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
  // The length first: workerd throws at another one, where others answer false.
  return async (bytes, signature) =>
    signature.length === SIGNATURE_LENGTH &&
    crypto.subtle.verify('Ed25519', key, joinBytes([signature]), joinBytes([bytes]));
}

async function publicKeyOf(pkcs8: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
  const jwk = await crypto.subtle.exportKey('jwk', key);
  const x = 'x' in jwk ? (jwk.x ?? '') : '';
  const bytes = decodeBase64(`${x.replaceAll('-', '+').replaceAll('_', '/')}=`);
  if (bytes?.length !== PUBLIC_KEY_LENGTH) throw new LogError('signing_key_malformed');
  return bytes;
}
