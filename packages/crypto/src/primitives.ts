// The algorithms that everything is made of, as Web Crypto has them, on raw bytes: AES-GCM (NIST SP 800-38D), HKDF-SHA-256
// (RFC 5869) and HMAC-SHA-256 (RFC 2104). For published test vectors, and for whoever wants to check the package by them:
// the package itself keeps its keys inside Web Crypto and never takes a nonce from a caller.
import { decrypt, encrypt, importAesGcmKey } from './aes-gcm.ts';
import type { Bytes } from './bytes.ts';
import { hmac, importHmacKey } from './hmac.ts';

/**
 * Opens `ciphertext | tag`; the tag has 128 bits, always.
 * @param key of 16, 24 or 32 bytes
 * @returns the plaintext; rejects when anything does not authenticate
 */
export async function aesGcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  return decrypt(await importAesGcmKey(own(key)), own(nonce), own(aad), own(sealed));
}

/** @returns `ciphertext | tag`. A nonce that is used twice under one key gives the key's secrets away. */
export async function aesGcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  return encrypt(await importAesGcmKey(own(key)), own(nonce), own(aad), own(plaintext));
}

/** @param length of the output, in bytes: at most 8,160 */
export async function hkdfSha256(
  ikm: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', own(ikm), 'HKDF', false, ['deriveBits']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: own(salt), info: own(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * length));
}

/** @param key of any length, none included @returns 32 bytes */
export async function hmacSha256(key: Uint8Array, data: Uint8Array): Promise<Bytes> {
  // Web Crypto imports no empty key. A key is filled up with zeros (RFC 2104 §2), so one zero is the same.
  return hmac(await importHmacKey(key.length === 0 ? new Uint8Array(1) : own(key)), own(data));
}

/** Web Crypto takes bytes over memory that nobody shares; a caller's may be any. */
function own(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : new Uint8Array(bytes);
}
