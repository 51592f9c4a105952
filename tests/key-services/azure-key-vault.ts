// Azure Key Vault and Microsoft's token endpoint, as far as they are used: client credentials, and wrapKey and unwrapKey under
// RSA keys with versions. A disabled key wraps but does not unwrap, as the real one's does.
import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import type { KeyService } from './key-service.ts';
import { type ServiceAnswer, type ServiceRequest, startServer } from './server.ts';

const VAULT = 'https://salus-tests.vault.azure.net';
const TENANT = '11111111-2222-4333-8444-555555555555';
/** As long as the first key's name, so that nothing but the name tells their URLs apart. */
const OTHER = 'stem';
const CLIENT = '66666666-7777-4888-8999-000000000000';
const SCOPE = 'https://vault.azure.net/.default';

interface Version {
  readonly id: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export interface AzureKeyVault extends KeyService {
  /** Makes a new version of the key, as its rotation policy would. */
  rotate(): void;
  revokeTokens(): void;
}

export async function startAzureKeyVault(): Promise<AzureKeyVault> {
  const secret = `${randomBytes(15).toString('base64url')}~Q`;
  const tokens = new Set<string>();
  const keys = new Map([
    ['root', [version()]],
    [OTHER, [version()]],
  ]);
  const does = { deny: false, disable: false, lie: false, misname: false };
  const server = await startServer(() => ({
    troubles: {
      throttled: { status: 429, body: { error: { code: 'Throttled', message: 'Too many requests' } } },
      broken: { status: 503, body: { error: { code: 'ServiceUnavailable', message: 'Try again' } } },
    },
    answer: (request) => {
      if (request.path === `/${TENANT}/oauth2/v2.0/token`) return grant(request, secret, tokens);
      const [, bearer = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
      if (!tokens.has(bearer)) return error(401, 'Unauthorized');
      if (does.deny) return error(403, 'Forbidden', 'ForbiddenByRbac');
      return operation(request, keys, does);
    },
  }));
  return {
    ...server,
    does,
    rotate: () => void keys.get('root')?.push(version()),
    revokeTokens: () => tokens.clear(),
    variables: {
      SALUS_KEY_PROVIDER: 'azure-key-vault',
      SALUS_KEY_ENDPOINT: server.url,
      SALUS_AZURE_AUTHORITY: server.url,
      SALUS_AZURE_KEY_URL: `${VAULT}/keys/root`,
      SALUS_AZURE_TENANT_ID: TENANT,
      SALUS_AZURE_CLIENT_ID: CLIENT,
      SALUS_AZURE_CLIENT_SECRET: secret,
    },
    otherKey: { SALUS_AZURE_KEY_URL: `${VAULT}/keys/${OTHER}` },
    wrongLogin: { SALUS_AZURE_CLIENT_SECRET: randomBytes(15).toString('base64url') },
    get secrets() {
      return [secret, ...tokens];
    },
  };
}

function version(): Version {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { id: randomBytes(16).toString('hex'), publicKey, privateKey };
}

function error(status: number, code: string, inner?: string): ServiceAnswer {
  const said = {
    code,
    message: `of the caller’s request: ${VAULT}`,
    ...(inner && { innererror: { code: inner } }),
  };
  return { status, body: { error: said } };
}

function grant(
  { method, headers, body }: ServiceRequest,
  secret: string,
  tokens: Set<string>,
): ServiceAnswer {
  const form = new URLSearchParams(body);
  if (
    method !== 'POST' ||
    headers['content-type'] !== 'application/x-www-form-urlencoded' ||
    form.get('grant_type') !== 'client_credentials' ||
    form.get('scope') !== SCOPE
  )
    return { status: 400, body: { error: 'invalid_request' } };
  if (form.get('client_id') !== CLIENT || form.get('client_secret') !== secret)
    return { status: 401, body: { error: 'invalid_client', error_description: 'AADSTS7000215: …' } };
  const token = `eyJ0.${randomBytes(40).toString('base64url')}`;
  tokens.add(token);
  return { status: 200, body: { token_type: 'Bearer', expires_in: 3599, access_token: token } };
}

const PATH = /^\/keys\/([\w-]+)(?:\/([0-9a-f]{32}))?\/(wrapkey|unwrapkey)\?api-version=7\.4$/;

function operation(
  { path, body }: ServiceRequest,
  keys: ReadonlyMap<string, readonly Version[]>,
  does: KeyService['does'],
): ServiceAnswer {
  const [, name = '', id, verb] = PATH.exec(path) ?? [];
  const versions = keys.get(name) ?? [];
  const key = id === undefined ? versions.at(-1) : versions.find((each) => each.id === id);
  if (!key) return error(404, 'KeyNotFound');
  const { alg, value } = JSON.parse(body) as { alg?: string; value?: string }; // checked in the next line
  if (alg !== 'RSA-OAEP-256' || !/^[\w-]+$/.test(value ?? '')) return error(400, 'BadParameter');
  const input = Buffer.from(value ?? '', 'base64url');
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const told = (output: Buffer) => ({
    status: 200,
    body: {
      kid: `${VAULT}/keys/${does.misname ? OTHER : name}/${key.id}`,
      value: output.toString('base64url'),
    },
  });
  if (verb === 'wrapkey') return told(publicEncrypt({ key: key.publicKey, ...padding }, input));
  if (does.disable) return error(403, 'Forbidden', 'KeyDisabled');
  try {
    const output = privateDecrypt({ key: key.privateKey, ...padding }, input);
    return told(does.lie ? randomBytes(32) : output);
  } catch {
    return error(400, 'BadParameter');
  }
}
