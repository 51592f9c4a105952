// The root key in an environment variable (SALUS_ROOT_KEY): for development, and for who has no KMS. There is no default.
import { importAesGcmKey, openBytes, sealBytes } from '../aes-gcm.ts';
import { type Bytes, concat, lengthPrefixed, utf8 } from '../bytes.ts';
import { fromBase64, toHex } from '../encoding.ts';
import { KeyProviderError } from '../errors.ts';
import { hkdfSha256 } from '../primitives.ts';
import { KEY_BYTES } from '../random.ts';
import type { EncryptionContext, KeyProvider } from './interface.ts';

const DOMAIN = 'salus/root-wrap/v1';
const FINGERPRINT = utf8('salus/root-fingerprint/v1');
const FINGERPRINT_BYTES = 4;

/**
 * @param rootKey 32 random bytes in Base 64
 * @returns a provider whose id is `local:` and a fingerprint, from which nothing can be learned of the key
 * @throws KeyProviderError `malformed_root_key`
 */
export async function localKeyProvider(rootKey: string): Promise<KeyProvider> {
  const raw = rootKeyBytes(rootKey);
  const root = await importAesGcmKey(raw);
  const fingerprint = await hkdfSha256(raw, new Uint8Array(), FINGERPRINT, FINGERPRINT_BYTES);
  raw.fill(0);
  return {
    id: `local:${toHex(fingerprint)}`,
    wrap: (key, context) => sealBytes(root, key, additionalData(context)),
    async unwrap(wrapped, context) {
      try {
        return await openBytes(root, wrapped, additionalData(context));
      } catch {
        throw new KeyProviderError('unwrap_failed');
      }
    },
  };
}

/** Whether a text is a root key by its form, and not plainly a placeholder. */
export function isRootKey(text: string): boolean {
  try {
    rootKeyBytes(text).fill(0);
    return true;
  } catch {
    return false;
  }
}

function rootKeyBytes(rootKey: string): Bytes {
  const bytes = decoded(rootKey);
  if (bytes.length !== KEY_BYTES || isPlaceholder(bytes)) throw new KeyProviderError('malformed_root_key');
  return bytes;
}

/**
 * What somebody wrote down until there was a key, and then forgot: few different bytes, a count, a text. Of random keys
 * one in 10^13 looks like that.
 */
function isPlaceholder(bytes: Bytes): boolean {
  const different = new Set(bytes).size;
  const steps = new Set(bytes.subarray(1).map((byte, at) => byte - (bytes[at] ?? 0)));
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return different <= KEY_BYTES / 2 || steps.size === 1 || isText;
}

function decoded(rootKey: string): Bytes {
  try {
    return fromBase64(rootKey);
  } catch {
    throw new KeyProviderError('malformed_root_key');
  }
}

function additionalData({ organization, version }: EncryptionContext): Bytes {
  return concat(utf8(DOMAIN), lengthPrefixed([organization, String(version)]));
}
