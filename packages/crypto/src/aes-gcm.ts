// AES-256-GCM (NIST SP 800-38D) under keys that never leave Web Crypto: 96-bit random nonces, 128-bit tags. The length of the
// tag is written here and never read from data, because Web Crypto would open a value with a tag of four bytes.
import { type Bytes, concat } from './bytes.ts';
import { IntegrityError } from './errors.ts';

export const KEY_BYTES = 32;
/** At 2^32 values under one key the chance of a repeated nonce is below 2^-32 (SP 800-38D §8.3). */
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

const TAG_BITS = 8 * TAG_BYTES;

export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** The nonce of every value that this package seals. */
function newNonce(): Bytes {
  return randomBytes(NONCE_BYTES);
}

/** @returns a key that can seal and open and cannot be exported */
export function importAesGcmKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/**
 * @param header goes before what is sealed, in the clear; what must not be changed in it belongs in `additionalData` too
 * @returns header | nonce | ciphertext | tag
 */
export async function sealBytes(
  key: CryptoKey,
  plaintext: Bytes,
  additionalData: Bytes,
  header: Bytes = new Uint8Array(),
): Promise<Bytes> {
  const nonce = newNonce();
  return concat(header, nonce, await encrypt(key, nonce, additionalData, plaintext));
}

/**
 * @param sealed header | nonce | ciphertext | tag
 * @throws IntegrityError
 */
export function openBytes(
  key: CryptoKey,
  sealed: Bytes,
  additionalData: Bytes,
  headerBytes = 0,
): Promise<Bytes> {
  const start = headerBytes + NONCE_BYTES;
  return decrypt(key, sealed.subarray(headerBytes, start), additionalData, sealed.subarray(start));
}

/** @returns ciphertext | tag */
export async function encrypt(
  key: CryptoKey,
  nonce: Bytes,
  additionalData: Bytes,
  plaintext: Bytes,
): Promise<Bytes> {
  const parameters = { name: 'AES-GCM', iv: nonce, additionalData, tagLength: TAG_BITS };
  return new Uint8Array(await crypto.subtle.encrypt(parameters, key, plaintext));
}

/** @throws IntegrityError, whatever the reason */
export async function decrypt(
  key: CryptoKey,
  nonce: Bytes,
  additionalData: Bytes,
  sealed: Bytes,
): Promise<Bytes> {
  const parameters = { name: 'AES-GCM', iv: nonce, additionalData, tagLength: TAG_BITS };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, sealed));
  } catch {
    throw new IntegrityError();
  }
}
