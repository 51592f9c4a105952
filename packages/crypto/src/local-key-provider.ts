// The root key in an environment variable (SALUS_ROOT_KEY): for development, and for who has no KMS. There is no default.
import { importAesGcmKey, KEY_BYTES, openBytes, sealBytes } from './aes-gcm.ts';
import { type Bytes, concat, lengthPrefixed, utf8 } from './bytes.ts';
import { fromBase64 } from './encoding.ts';
import { KeyProviderError } from './errors.ts';
import type { EncryptionContext, KeyProvider } from './key-provider.ts';

const DOMAIN = 'salus/root-wrap/v1';

/**
 * @param rootKey 32 random bytes in Base 64
 * @throws KeyProviderError `malformed_root_key`
 */
export async function localKeyProvider(rootKey: string): Promise<KeyProvider> {
  const raw = rootKeyBytes(rootKey);
  const root = await importAesGcmKey(raw);
  raw.fill(0);
  return {
    id: 'local',
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

function rootKeyBytes(rootKey: string): Bytes {
  const bytes = decoded(rootKey);
  // Thirty-two equal bytes are a placeholder that somebody forgot, not a key.
  if (bytes.length !== KEY_BYTES || bytes.every((byte) => byte === bytes[0])) {
    throw new KeyProviderError('malformed_root_key');
  }
  return bytes;
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
