// AES-256-GCM (NIST SP 800-38D) under keys that never leave Web Crypto: 96-bit random nonces, 128-bit tags. The length of the
// tag is written here and never read from data, because Web Crypto would open a value with a tag of four bytes.
import { type Bytes, concat, view } from './bytes.ts';
import { IntegrityError } from './errors.ts';
import { NONCE_BYTES, newNonce } from './random.ts';
import { spendSeal } from './seal-budget.ts';

export const TAG_BYTES = 16;

const TAG_BITS = 8 * TAG_BYTES;

/** @returns a key that can seal and open and cannot be exported */
export function importAesGcmKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/**
 * @param header goes before what is sealed, in the clear; what must not be changed in it belongs in `additionalData` too
 * @returns header | nonce | ciphertext | tag
 * @throws RandomSourceError, KeyExhaustedError
 */
export async function sealBytes(
  key: CryptoKey,
  plaintext: Bytes,
  additionalData: Bytes,
  header: Bytes = new Uint8Array(),
): Promise<Bytes> {
  spendSeal(key);
  const nonce = newNonce();
  const ciphertext = await crypto.subtle.encrypt(parameters(nonce, additionalData), key, plaintext);
  return concat(header, nonce, new Uint8Array(ciphertext));
}

/**
 * @param sealed header | nonce | ciphertext | tag
 * @throws IntegrityError, whatever the reason
 */
export async function openBytes(
  key: CryptoKey,
  sealed: Bytes,
  additionalData: Bytes,
  headerBytes = 0,
): Promise<Bytes> {
  try {
    return new Uint8Array(await opening(key, sealed, additionalData, headerBytes));
  } catch {
    throw new IntegrityError();
  }
}

/**
 * Web Crypto's own promise, for who opens values by the hundred: in workerd each async function that a value passes through
 * adds a tenth to the cost of opening it. It rejects with Web Crypto's own error, which nobody should see.
 * @throws RangeError when there is no nonce
 */
export function opening(
  key: CryptoKey,
  sealed: Bytes,
  additionalData: Bytes,
  headerBytes: number,
): Promise<ArrayBuffer> {
  const start = headerBytes + NONCE_BYTES;
  const nonce = view(sealed, headerBytes, start);
  const rest = view(sealed, start, sealed.length);
  return crypto.subtle.decrypt(parameters(nonce, additionalData), key, rest);
}

/** @returns ciphertext | tag */
export async function encrypt(
  key: CryptoKey,
  nonce: Bytes,
  additionalData: Bytes,
  plaintext: Bytes,
): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, additionalData), key, plaintext));
}

/** @throws IntegrityError, whatever the reason */
export async function decrypt(
  key: CryptoKey,
  nonce: Bytes,
  additionalData: Bytes,
  sealed: Bytes,
): Promise<Bytes> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, additionalData), key, sealed));
  } catch {
    throw new IntegrityError();
  }
}

function parameters(nonce: Bytes, additionalData: Bytes) {
  return { name: 'AES-GCM', iv: nonce, additionalData, tagLength: TAG_BITS };
}
