// AWS KMS as far as it is used: TrentService's Encrypt and Decrypt in JSON 1.1, behind a signature check of its own.
import { randomBytes } from 'node:crypto';
import { type AwsAccount, faultOf } from './aws-signature.ts';
import type { KeyService } from './key-service.ts';
import { type ServiceAnswer, type ServiceRequest, startServer } from './server.ts';
import { type SymmetricKey, symmetricKey } from './symmetric-key.ts';

const REGION = 'eu-central-1';
const ARN = `arn:aws:kms:${REGION}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const OTHER_ARN = `arn:aws:kms:${REGION}:111122223333:key/mrk-0987dcba09fe87dc65ba43ab21098765`;
/** KMS's own ciphertext begins with what tells the key. */
const LABEL_BYTES = 1;

export interface AwsKmsOptions {
  readonly sessionToken?: string;
}

export async function startAwsKms({ sessionToken }: AwsKmsOptions = {}): Promise<KeyService> {
  const account: AwsAccount = {
    accessKeyId: 'AKIATESTSOFSALUS0001',
    secretAccessKey: randomBytes(30).toString('base64'),
    ...(sessionToken !== undefined && { sessionToken }),
  };
  const keys = new Map([ARN, OTHER_ARN].map((arn) => [arn, symmetricKey()]));
  const does = { deny: false, disable: false, lie: false, misname: false };
  const server = await startServer(() => ({
    troubles: { throttled: error('ThrottlingException'), broken: error('KMSInternalException', 500) },
    answer: (request) => {
      const fault = faultOf(request, account, { region: REGION, service: 'kms' }, Date.now());
      if (fault) return error(fault, fault === 'IncompleteSignature' ? 400 : 403);
      if (does.deny) return error('AccessDeniedException');
      return operation(request, keys, does);
    },
  }));
  return {
    ...server,
    does,
    variables: {
      SALUS_KEY_PROVIDER: 'aws-kms',
      SALUS_KEY_ENDPOINT: server.url,
      SALUS_AWS_KEY_ARN: ARN,
      SALUS_AWS_ACCESS_KEY_ID: account.accessKeyId,
      SALUS_AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
      ...(sessionToken !== undefined && { SALUS_AWS_SESSION_TOKEN: sessionToken }),
    },
    otherKey: { SALUS_AWS_KEY_ARN: OTHER_ARN },
    wrongLogin: { SALUS_AWS_SECRET_ACCESS_KEY: randomBytes(30).toString('base64') },
    secrets: [account.secretAccessKey],
  };
}

function error(name: string, status = 400): ServiceAnswer {
  // As it stands in answers of KMS, with words that a caller must not repeat.
  return {
    status,
    body: { __type: `com.amazonaws.kms#${name}`, message: `of the caller’s request: ${ARN}` },
  };
}

interface Parameters {
  readonly KeyId?: string;
  readonly Plaintext?: string;
  readonly CiphertextBlob?: string;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
}

function operation(
  { headers, body, method, path }: ServiceRequest,
  keys: ReadonlyMap<string, SymmetricKey>,
  does: KeyService['does'],
): ServiceAnswer {
  const json = headers['content-type'] === 'application/x-amz-json-1.1';
  if (method !== 'POST' || path !== '/' || !json) return error('UnknownOperationException');
  const {
    KeyId = '',
    Plaintext = '',
    CiphertextBlob = '',
    EncryptionContext = {},
  } = JSON.parse(body) as Parameters; // what is missing is empty
  const key = keys.get(KeyId);
  if (!key) return error('NotFoundException');
  if (does.disable) return error('DisabledException');
  const aad = Buffer.from(JSON.stringify(Object.entries(EncryptionContext).toSorted()));
  const named = does.misname ? OTHER_ARN : KeyId;
  const label = Buffer.of([...keys.keys()].indexOf(KeyId));
  switch (headers['x-amz-target']) {
    case 'TrentService.Encrypt': {
      const encrypted = Buffer.concat([label, key.encrypt(Buffer.from(Plaintext, 'base64'), aad)]);
      const result = {
        CiphertextBlob: encrypted.toString('base64'),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
      return { status: 200, body: { KeyId: named, ...result } };
    }
    case 'TrentService.Decrypt': {
      const encrypted = Buffer.from(CiphertextBlob, 'base64');
      if (encrypted[0] !== label[0]) return error('IncorrectKeyException');
      const plaintext = key.decrypt(encrypted.subarray(LABEL_BYTES), aad);
      if (!plaintext) return error('InvalidCiphertextException');
      const told = does.lie ? randomBytes(32) : plaintext;
      const result = { Plaintext: told.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
      return { status: 200, body: { KeyId: named, ...result } };
    }
    default:
      return error('UnknownOperationException');
  }
}
