// HMAC-SHA-256 (RFC 2104) under a key that never leaves Web Crypto.
import type { Bytes } from './bytes.ts';

export function importHmacKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

/** @returns 32 bytes */
export async function hmac(key: CryptoKey, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, data));
}
