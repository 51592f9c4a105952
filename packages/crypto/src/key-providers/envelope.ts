// A key provider over a key service. The service never sees a key that opens anything by itself: it encrypts a random key made
// for this one wrapping, and that key seals the organization's, bound to the context by its additional data. A service
// that answers falsely, or that cannot bind a context (RSA), is found out when the seal does not open.
import { importAesGcmKey, openBytes, sealBytes } from '../aes-gcm.ts';
import { type Bytes, concat, lengthPrefixed, uint32, utf8 } from '../bytes.ts';
import { IntegrityError, KeyProviderError } from '../errors.ts';
import { KEY_BYTES, newKey } from '../random.ts';
import type { EncryptionContext, KeyProvider } from './interface.ts';
import type { Outside } from './outside.ts';
import { CALL_AT_MOST } from './request.ts';

export interface KeyService {
  readonly id: string;
  /** @throws KeyProviderError */
  encrypt(key: Bytes, context: EncryptionContext, deadline: AbortSignal): Promise<Bytes>;
  /** @throws KeyProviderError */
  decrypt(encrypted: Bytes, context: EncryptionContext, deadline: AbortSignal): Promise<Bytes>;
}

/** Layout: format(1) | length(4) of what the service encrypted | that | nonce(12) | ciphertext | tag(16) */
const FORMAT = 1;
const HEADER_BYTES = 5;
const DOMAIN = 'salus/envelope-wrap/v1';

export function envelopeProvider(outside: Outside, service: KeyService): KeyProvider {
  return {
    id: service.id,
    async wrap(key, context) {
      const wrapping = newKey();
      try {
        const encrypted = await service.encrypt(wrapping, context, outside.deadline(CALL_AT_MOST));
        const header = concat(Uint8Array.of(FORMAT), uint32(encrypted.length), encrypted);
        return await sealBytes(await importAesGcmKey(wrapping), key, binding(context, header), header);
      } finally {
        wrapping.fill(0);
      }
    },
    async unwrap(wrapped, context) {
      const { encrypted, headerBytes } = partsOf(wrapped);
      const wrapping = await service.decrypt(encrypted, context, outside.deadline(CALL_AT_MOST));
      try {
        if (wrapping.length !== KEY_BYTES) throw new KeyProviderError('unwrap_failed');
        const additionalData = binding(context, wrapped.subarray(0, headerBytes));
        return await openBytes(await importAesGcmKey(wrapping), wrapped, additionalData, headerBytes);
      } catch (error) {
        throw error instanceof IntegrityError ? new KeyProviderError('unwrap_failed') : error;
      } finally {
        wrapping.fill(0);
      }
    },
  };
}

/** What a service that takes additional data is given to bind, too: its own log then says for whom a key was opened. */
export function contextBytes({ organization, version }: EncryptionContext): Bytes {
  return concat(utf8(DOMAIN), lengthPrefixed([organization, String(version)]));
}

/** The header too: services read some texts of a ciphertext that differ in a bit alike. */
function binding(context: EncryptionContext, header: Bytes): Bytes {
  return concat(contextBytes(context), header);
}

function partsOf(wrapped: Bytes): { encrypted: Bytes; headerBytes: number } {
  if (wrapped.length < HEADER_BYTES || wrapped[0] !== FORMAT) throw new KeyProviderError('unwrap_failed');
  const headerBytes = HEADER_BYTES + new DataView(wrapped.buffer, wrapped.byteOffset).getUint32(1);
  if (headerBytes > wrapped.length) throw new KeyProviderError('unwrap_failed');
  return { encrypted: wrapped.subarray(HEADER_BYTES, headerBytes), headerBytes };
}
