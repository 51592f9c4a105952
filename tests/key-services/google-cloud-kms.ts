// Google Cloud KMS and Google's token endpoint, as far as they are used. The endpoint checks the assertion of a service account
// (RFC 7523): signature, audience, times, scope. KMS checks the token, and the checksums of what it is sent.
import { createHash, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import type { KeyService } from './key-service.ts';
import { type ServiceAnswer, type ServiceRequest, startServer } from './server.ts';
import { type SymmetricKey, symmetricKey } from './symmetric-key.ts';

const RING = 'projects/salus-tests/locations/europe-west3/keyRings/salus';
const NAME = `${RING}/cryptoKeys/root`;
const OTHER_NAME = `${RING}/cryptoKeys/other_root-2`;
const EMAIL = 'salus@salus-tests.iam.gserviceaccount.com';
const SCOPES = ['https://www.googleapis.com/auth/cloudkms', 'https://www.googleapis.com/auth/cloud-platform'];

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
type Pair = typeof pair;

export interface GoogleCloudKms extends KeyService {
  /** Ends every token that was given out. */
  revokeTokens(): void;
  /** Answers with a checksum that is another's, or says that it did not receive ours. */
  readonly corrupts: { answer: boolean; receipt: boolean };
}

export async function startGoogleCloudKms(): Promise<GoogleCloudKms> {
  const keyId = randomBytes(20).toString('hex');
  const tokens = new Set<string>();
  const keys = new Map([NAME, OTHER_NAME].map((name) => [name, symmetricKey()]));
  const does = { deny: false, disable: false, lie: false, misname: false };
  const corrupts = { answer: false, receipt: false };
  const server = await startServer((url) => ({
    troubles: { throttled: error(429, 'RESOURCE_EXHAUSTED'), broken: error(503, 'UNAVAILABLE') },
    answer: (request) => {
      if (request.path === '/token') return grant(request, `${url}/token`, keyId, tokens);
      const [, bearer = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
      if (!tokens.has(bearer)) return error(401, 'UNAUTHENTICATED');
      if (does.deny) return error(403, 'PERMISSION_DENIED');
      return operation(request, keys, does, corrupts);
    },
  }));
  const account = ({ privateKey }: Pair) =>
    JSON.stringify({
      type: 'service_account',
      private_key_id: keyId,
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: EMAIL,
      token_uri: `${server.url}/token`,
    });
  return {
    ...server,
    does,
    corrupts,
    revokeTokens: () => tokens.clear(),
    variables: {
      SALUS_KEY_PROVIDER: 'google-cloud-kms',
      SALUS_KEY_ENDPOINT: server.url,
      SALUS_GOOGLE_KEY_NAME: NAME,
      SALUS_GOOGLE_SERVICE_ACCOUNT: account(pair),
    },
    otherKey: { SALUS_GOOGLE_KEY_NAME: OTHER_NAME },
    wrongLogin: { SALUS_GOOGLE_SERVICE_ACCOUNT: account(stranger) },
    get secrets() {
      return [String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })).slice(40, 100), ...tokens];
    },
  };
}

function error(code: number, status: string): ServiceAnswer {
  return { status: code, body: { error: { code, message: `of the caller’s request: ${NAME}`, status } } };
}

function grant(
  { method, headers, body }: ServiceRequest,
  audience: string,
  keyId: string,
  tokens: Set<string>,
): ServiceAnswer {
  const form = new URLSearchParams(body);
  const well =
    method === 'POST' &&
    headers['content-type'] === 'application/x-www-form-urlencoded' &&
    form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  if (!well) return { status: 400, body: { error: 'unsupported_grant_type' } };
  if (!isOurs(form.get('assertion') ?? '', audience, keyId)) {
    return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } };
  }
  const token = `ya29.${randomBytes(32).toString('base64url')}`;
  tokens.add(token);
  return { status: 200, body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
}

function isOurs(assertion: string, audience: string, keyId: string): boolean {
  const [header = '', claims = '', signature = '', ...more] = assertion.split('.');
  if (more.length > 0 || signature === '') return false;
  const { alg, kid } = partOf(header);
  const { iss, aud, scope, iat, exp } = partOf(claims);
  const now = Date.now() / 1000;
  return (
    alg === 'RS256' &&
    kid === keyId &&
    iss === EMAIL &&
    aud === audience &&
    SCOPES.includes(String(scope)) &&
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    Math.abs(iat - now) < 300 &&
    exp > now &&
    exp - iat <= 3600 &&
    verify('sha256', Buffer.from(`${header}.${claims}`), pair.publicKey, Buffer.from(signature, 'base64url'))
  );
}

function partOf(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
}

function operation(
  { path, body }: ServiceRequest,
  keys: ReadonlyMap<string, SymmetricKey>,
  does: KeyService['does'],
  corrupts: GoogleCloudKms['corrupts'],
): ServiceAnswer {
  const [, name = '', verb] = /^\/v1\/(.+):(encrypt|decrypt)$/.exec(path) ?? [];
  const key = keys.get(name);
  if (!key) return error(404, 'NOT_FOUND');
  if (does.disable) return error(400, 'FAILED_PRECONDITION');
  const sent = JSON.parse(body) as Readonly<Record<string, string>>; // each field is checked by its checksum
  const field = (of: string): Buffer | null => {
    const bytes = Buffer.from(sent[of] ?? '', 'base64');
    return sent[`${of}Crc32c`] === String(checksum(bytes)) ? bytes : null;
  };
  const aad = field('additionalAuthenticatedData');
  const input = field(verb === 'encrypt' ? 'plaintext' : 'ciphertext');
  if (!aad || !input) return error(400, 'INVALID_ARGUMENT');
  if (verb === 'encrypt') {
    return {
      status: 200,
      body: {
        name: `${does.misname ? OTHER_NAME : name}/cryptoKeyVersions/1`,
        ...withChecksum('ciphertext', key.encrypt(input, aad), corrupts.answer),
        verifiedPlaintextCrc32c: !corrupts.receipt,
        verifiedAdditionalAuthenticatedDataCrc32c: true,
        protectionLevel: 'SOFTWARE',
      },
    };
  }
  const plaintext = key.decrypt(input, aad);
  if (!plaintext) return error(400, 'INVALID_ARGUMENT');
  const told = withChecksum('plaintext', does.lie ? randomBytes(32) : plaintext, corrupts.answer);
  return { status: 200, body: { ...told, usedPrimary: true, protectionLevel: 'SOFTWARE' } };
}

function withChecksum(name: string, bytes: Buffer, corrupt: boolean): Record<string, string> {
  const sum = corrupt ? createHash('sha256').update(bytes).digest().readUInt32BE() : checksum(bytes);
  return { [name]: bytes.toString('base64'), [`${name}Crc32c`]: String(sum) };
}

/** CRC-32C bit by bit, straight from its polynomial (RFC 3720 §12.1): slow, and nobody else's table. */
function checksum(bytes: Buffer): number {
  let register = 0xffffffff;
  for (const byte of bytes) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? 0x82f63b78 : 0);
  }
  return ~register >>> 0;
}
