// Google Cloud KMS (REST v1): encrypt and decrypt under one symmetric key. The context is additional authenticated data.
// Checksums (CRC-32C) are sent and checked both ways, as Google asks: an answer that does not match is not used.
import type { Bytes } from '../bytes.ts';
import { toBase64 } from '../encoding.ts';
import { KeyProviderError, type KeyProviderErrorCode } from '../errors.ts';
import { at, base64At, textAt } from './answer.ts';
import { crc32c } from './crc32c.ts';
import { contextBytes, envelopeProvider } from './envelope.ts';
import type { ServiceAccount } from './google-token.ts';
import type { KeyProvider } from './interface.ts';
import type { Outside } from './outside.ts';
import { callKeyService, codeOfStatus, type KeyServiceAnswer } from './request.ts';
import type { SecureUrl } from './secure-url.ts';
import type { WithToken } from './token.ts';

export interface GoogleCloudKmsSettings {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…`, without a version: Google takes the primary one. */
  readonly keyName: string;
  /** `https://cloudkms.googleapis.com` */
  readonly endpoint: SecureUrl;
}

export type GoogleLogin = { readonly token: string } | { readonly account: ServiceAccount };

export const GOOGLE_KEY_NAME =
  /^projects\/[a-z0-9:.-]+\/locations\/[a-z0-9-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+$/;

export function googleCloudKmsProvider(
  outside: Outside,
  { keyName, endpoint }: GoogleCloudKmsSettings,
  withToken: WithToken,
): KeyProvider {
  const call = (
    name: 'encrypt' | 'decrypt',
    parameters: object,
    read: (body: unknown) => Bytes,
    deadline: AbortSignal,
  ) =>
    withToken(deadline, (token) =>
      callKeyService(
        outside,
        deadline,
        () => ({
          url: `${endpoint}/v1/${keyName}:${name}`,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(parameters),
        }),
        (answer) => {
          if (answer.status !== 200) throw new KeyProviderError(codeOf(answer, name));
          return read(answer.body);
        },
      ),
    );

  return envelopeProvider(outside, {
    id: `google-cloud-kms:${keyName}`,
    encrypt: (key, context, deadline) => {
      const parameters = {
        ...checked('plaintext', key),
        ...checked('additionalAuthenticatedData', contextBytes(context)),
      };
      return call('encrypt', parameters, (body) => encryptedOf(body, keyName), deadline);
    },
    decrypt: (encrypted, context, deadline) => {
      const parameters = {
        ...checked('ciphertext', encrypted),
        ...checked('additionalAuthenticatedData', contextBytes(context)),
      };
      return call('decrypt', parameters, (body) => checkedAt(body, 'plaintext'), deadline);
    },
  });
}

/** A field, and its checksum beside it. */
function checked(name: string, bytes: Bytes): Record<string, string> {
  return { [name]: toBase64(bytes), [`${name}Crc32c`]: String(crc32c(bytes)) };
}

function encryptedOf(body: unknown, keyName: string): Bytes {
  const received =
    at(body, 'verifiedPlaintextCrc32c') === true &&
    at(body, 'verifiedAdditionalAuthenticatedDataCrc32c') === true;
  if (!received || !textAt(body, 'name').startsWith(`${keyName}/cryptoKeyVersions/`))
    throw new KeyProviderError('unavailable');
  return checkedAt(body, 'ciphertext');
}

/** @throws KeyProviderError `unavailable` when the checksum is another's: the next answer may be whole */
function checkedAt(body: unknown, name: string): Bytes {
  const bytes = base64At(body, name);
  // An int64, which JSON of protocol buffers writes as text.
  if (String(at(body, `${name}Crc32c`)) !== String(crc32c(bytes))) throw new KeyProviderError('unavailable');
  return bytes;
}

/** Canonical codes of Google's APIs (google.rpc.Code). */
const CODES: Readonly<Record<string, KeyProviderErrorCode>> = {
  PERMISSION_DENIED: 'denied',
  UNAUTHENTICATED: 'denied',
  RESOURCE_EXHAUSTED: 'throttled',
  FAILED_PRECONDITION: 'key_disabled',
  NOT_FOUND: 'misconfigured',
  ABORTED: 'unavailable',
  DEADLINE_EXCEEDED: 'unavailable',
  INTERNAL: 'unavailable',
  UNAVAILABLE: 'unavailable',
  UNKNOWN: 'unavailable',
};

function codeOf({ status, body }: KeyServiceAnswer, name: 'encrypt' | 'decrypt'): KeyProviderErrorCode {
  const said = at(body, 'error', 'status');
  if (said === 'INVALID_ARGUMENT' && name === 'decrypt') return 'unwrap_failed';
  const known = typeof said === 'string' && Object.hasOwn(CODES, said) ? CODES[said] : undefined;
  return known ?? codeOfStatus(status);
}
