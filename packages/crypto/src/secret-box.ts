// Sealing for whoever holds a secret of 256 random bits: AES-256-GCM under a key derived from it for one purpose
// (HKDF-SHA-256, RFC 5869), so that what one purpose sealed no other opens.
import { importAesGcmKey, openBytes, sealBytes } from './aes-gcm.ts';
import { type Bytes, lengthPrefixed } from './bytes.ts';
import { hkdfSha256 } from './primitives.ts';
import { KEY_BYTES } from './random.ts';

const DOMAIN = 'salus/secret-box/v1';

/** @param purpose a name that nothing else uses */
export async function sealWithSecret(secret: Bytes, purpose: string, plaintext: Bytes): Promise<Bytes> {
  return sealBytes(await keyFor(secret, purpose), plaintext, new Uint8Array());
}

/** @throws IntegrityError */
export async function openWithSecret(secret: Bytes, purpose: string, sealed: Bytes): Promise<Bytes> {
  return openBytes(await keyFor(secret, purpose), sealed, new Uint8Array());
}

async function keyFor(secret: Bytes, purpose: string): Promise<CryptoKey> {
  const raw = await hkdfSha256(secret, new Uint8Array(), lengthPrefixed([DOMAIN, purpose]), KEY_BYTES);
  const key = await importAesGcmKey(raw);
  raw.fill(0);
  return key;
}
