// AWS KMS (TrentService, JSON 1.1): Encrypt and Decrypt under one symmetric key, named by its ARN both times, so that a
// ciphertext of another key is refused. The context is KMS's encryption context: bound, and shown in CloudTrail.
import { toBase64 } from '../encoding.ts';
import { KeyProviderError, type KeyProviderErrorCode } from '../errors.ts';
import { at, base64At } from './answer.ts';
import { type AwsCredentials, signAwsRequest } from './aws-signature.ts';
import { envelopeProvider } from './envelope.ts';
import type { EncryptionContext, KeyProvider } from './interface.ts';
import type { Outside } from './outside.ts';
import { callKeyService, codeOfStatus, type KeyServiceAnswer } from './request.ts';
import type { SecureUrl } from './secure-url.ts';

export interface AwsKmsSettings {
  /** `arn:aws:kms:<region>:<account>:key/<id>`: an alias could be pointed at another key. */
  readonly keyArn: string;
  readonly credentials: AwsCredentials;
  /** `https://kms.<region>.amazonaws.com`, or a FIPS or private endpoint. */
  readonly endpoint: SecureUrl;
}

export const AWS_KEY_ARN = /^arn:aws(-cn|-us-gov)?:kms:([a-z0-9-]+):\d{12}:key\/[A-Za-z0-9-]+$/;

const PURPOSE = 'salus-organization-key';

export function awsKmsProvider(outside: Outside, settings: AwsKmsSettings): KeyProvider {
  const { keyArn } = settings;
  const call = operation(outside, settings);
  return envelopeProvider(outside, {
    id: `aws-kms:${keyArn}`,
    encrypt: (key, context, deadline) =>
      call('Encrypt', { Plaintext: toBase64(key), ...ofContext(context) }, 'CiphertextBlob', deadline),
    decrypt: (encrypted, context, deadline) =>
      call('Decrypt', { CiphertextBlob: toBase64(encrypted), ...ofContext(context) }, 'Plaintext', deadline),
  });
}

function ofContext({ organization, version }: EncryptionContext) {
  return { EncryptionContext: { purpose: PURPOSE, organization, version: String(version) } };
}

function operation(outside: Outside, { keyArn, credentials, endpoint }: AwsKmsSettings) {
  const region = keyArn.split(':')[3] ?? '';
  return (name: 'Encrypt' | 'Decrypt', parameters: object, result: string, deadline: AbortSignal) =>
    callKeyService(
      outside,
      deadline,
      async () => {
        const url = `${endpoint}/` as const;
        const headers = {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `TrentService.${name}`,
        };
        const body = JSON.stringify({ KeyId: keyArn, ...parameters });
        const unsigned = { method: 'POST', url, headers, body, region, service: 'kms' };
        return { url, headers: await signAwsRequest(unsigned, credentials, outside.now()), body };
      },
      (answer) => {
        if (answer.status !== 200) throw new KeyProviderError(codeOf(answer));
        if (at(answer.body, 'KeyId') !== keyArn) throw new KeyProviderError('unavailable');
        return base64At(answer.body, result);
      },
    );
}

/** Names of errors as KMS and the signature check in front of it have them (AWS KMS API Reference, Errors and Common Errors). */
const CODES: Readonly<Record<string, KeyProviderErrorCode>> = {
  AccessDeniedException: 'denied',
  ExpiredTokenException: 'denied',
  IncompleteSignature: 'denied',
  IncompleteSignatureException: 'denied',
  InvalidClientTokenId: 'denied',
  InvalidSignatureException: 'denied',
  MissingAuthenticationToken: 'denied',
  MissingAuthenticationTokenException: 'denied',
  NotAuthorized: 'denied',
  RequestExpired: 'denied',
  UnrecognizedClientException: 'denied',
  DisabledException: 'key_disabled',
  KMSInvalidStateException: 'key_disabled',
  IncorrectKeyException: 'unwrap_failed',
  InvalidCiphertextException: 'unwrap_failed',
  LimitExceededException: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
  DependencyTimeoutException: 'unavailable',
  InternalFailure: 'unavailable',
  KMSInternalException: 'unavailable',
  KeyUnavailableException: 'unavailable',
  ServiceUnavailable: 'unavailable',
};

function codeOf({ status, body }: KeyServiceAnswer): KeyProviderErrorCode {
  const type = at(body, '__type');
  // `com.amazonaws.kms#DisabledException`, or without what stands before the name.
  const name = typeof type === 'string' ? type.slice(type.lastIndexOf('#') + 1) : '';
  return (Object.hasOwn(CODES, name) ? CODES[name] : undefined) ?? codeOfStatus(status);
}
