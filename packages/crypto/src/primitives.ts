// The few algorithms that everything is made of, as Web Crypto has them: AES-256-GCM (NIST SP 800-38D), HKDF-SHA-256
// (RFC 5869) and HMAC-SHA-256 (RFC 2104). Keys never leave Web Crypto once they are imported.
import { type Bytes, concat } from './bytes.ts';
import { IntegrityError } from './errors.ts';

export const KEY_BYTES = 32;
/** 96 random bits. At 2^32 values under one key the chance of a repeated nonce is below 2^-32 (SP 800-38D §8.3). */
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** @returns a key that can seal and open and cannot be exported */
export function importAesGcmKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** @returns nonce | ciphertext | tag */
export function aesGcmSeal(key: CryptoKey, plaintext: Bytes, additionalData: Bytes): Promise<Bytes> {
  return aesGcmSealWithNonce(key, randomBytes(NONCE_BYTES), plaintext, additionalData);
}

/** For published test vectors; anything else takes `aesGcmSeal`, because a nonce used twice gives the key away. */
export async function aesGcmSealWithNonce(
  key: CryptoKey,
  nonce: Bytes,
  plaintext: Bytes,
  additionalData: Bytes,
): Promise<Bytes> {
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData }, key, plaintext);
  return concat(nonce, new Uint8Array(sealed));
}

/** @throws IntegrityError */
export async function aesGcmOpen(key: CryptoKey, sealed: Bytes, additionalData: Bytes): Promise<Bytes> {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new IntegrityError();
  const iv = sealed.subarray(0, NONCE_BYTES);
  try {
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv, additionalData },
      key,
      sealed.subarray(NONCE_BYTES),
    );
    return new Uint8Array(opened);
  } catch {
    throw new IntegrityError();
  }
}

/** @param length in bytes */
export async function hkdfSha256(ikm: Bytes, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, 8 * length);
  return new Uint8Array(bits);
}

export function importHmacKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

export async function hmacSign(key: CryptoKey, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, data));
}

export async function hmacSha256(key: Bytes, data: Bytes): Promise<Bytes> {
  return hmacSign(await importHmacKey(key), data);
}
