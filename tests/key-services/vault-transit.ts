// The transit engine of Vault or OpenBao and AppRole, as far as they are used. Vault has no error codes, only words: these are
// its own (vault/builtin/logical/transit, sdk/helper/keysutil/policy.go).
import { randomBytes, randomUUID } from 'node:crypto';
import type { KeyService } from './key-service.ts';
import { type ServiceAnswer, type ServiceRequest, startServer } from './server.ts';
import { type SymmetricKey, symmetricKey } from './symmetric-key.ts';

const NAMESPACE = 'clinic/eu';
const ROLE = randomUUID();

interface Versions {
  readonly keys: SymmetricKey[];
  /** Versions below are refused: how Vault disables one. */
  minimum: number;
}

export interface VaultTransit extends KeyService {
  rotate(): void;
  revokeTokens(): void;
  /** How many versions of the key may not decrypt any more. */
  refuseVersionsBelow(minimum: number): void;
}

export interface VaultTransitOptions {
  readonly login?: 'token' | 'AppRole';
}

export async function startVaultTransit({
  login = 'AppRole',
}: VaultTransitOptions = {}): Promise<VaultTransit> {
  const secret = randomUUID();
  const given = `hvs.${randomBytes(24).toString('base64url')}`;
  const tokens = new Set<string>(login === 'token' ? [given] : []);
  const keys = new Map<string, Versions>(
    ['root', 'other-root'].map((name) => [name, { keys: [symmetricKey()], minimum: 1 }]),
  );
  const root = () => keys.get('root') ?? { keys: [], minimum: 1 };
  const does = { deny: false, disable: false, lie: false, misname: false };
  const server = await startServer(() => ({
    troubles: {
      throttled: error(429, 'request path "transit": rate limit quota exceeded'),
      broken: error(503, 'Vault is sealed'),
    },
    answer: (request) => {
      if (request.headers['x-vault-namespace'] !== NAMESPACE) return error(404, 'no handler for route');
      if (request.path === '/v1/auth/approle/login') return enter(request, secret, tokens);
      if (!tokens.has(String(request.headers['x-vault-token']))) return error(403, 'permission denied');
      if (does.deny) return error(403, '1 error occurred:\n\t* permission denied\n\n');
      return operation(request, keys, does);
    },
  }));
  return {
    ...server,
    does,
    rotate: () => void root().keys.push(symmetricKey()),
    revokeTokens: () => tokens.clear(),
    refuseVersionsBelow: (minimum) => {
      root().minimum = minimum;
    },
    variables: {
      SALUS_KEY_PROVIDER: 'vault-transit',
      SALUS_VAULT_ADDRESS: server.url,
      SALUS_VAULT_NAMESPACE: NAMESPACE,
      SALUS_VAULT_MOUNT: 'engines/transit',
      SALUS_VAULT_KEY: 'root',
      ...(login === 'token'
        ? { SALUS_VAULT_TOKEN: given }
        : { SALUS_VAULT_ROLE_ID: ROLE, SALUS_VAULT_SECRET_ID: secret }),
    },
    otherKey: { SALUS_VAULT_KEY: 'other-root' },
    wrongLogin:
      login === 'token'
        ? { SALUS_VAULT_TOKEN: `hvs.${randomBytes(24).toString('base64url')}` }
        : { SALUS_VAULT_SECRET_ID: randomUUID() },
    get secrets() {
      return [secret, ...tokens];
    },
  };
}

function error(status: number, ...errors: string[]): ServiceAnswer {
  return { status, body: { errors } };
}

function enter({ method, body }: ServiceRequest, secret: string, tokens: Set<string>): ServiceAnswer {
  const { role_id, secret_id } = JSON.parse(body) as { role_id?: string; secret_id?: string }; // compared in the next line
  if (method !== 'POST' || role_id !== ROLE || secret_id !== secret)
    return error(400, 'invalid role or secret ID');
  const token = `hvs.${randomBytes(24).toString('base64url')}`;
  tokens.add(token);
  return { status: 200, body: { auth: { client_token: token, lease_duration: 1200, renewable: true } } };
}

interface Parameters {
  readonly plaintext?: string;
  readonly ciphertext?: string;
  readonly associated_data?: string;
}

function operation(
  { method, path, body }: ServiceRequest,
  keys: ReadonlyMap<string, Versions>,
  does: KeyService['does'],
): ServiceAnswer {
  const [, verb, name = ''] = /^\/v1\/engines\/transit\/(encrypt|decrypt)\/([\w.-]+)$/.exec(path) ?? [];
  if (method !== 'POST' || verb === undefined) return error(404, 'no handler for route');
  const versions = keys.get(name);
  if (!versions) return error(400, 'encryption key not found');
  const { plaintext = '', ciphertext = '', associated_data = '' } = JSON.parse(body) as Parameters; // what is missing is empty
  const aad = Buffer.from(associated_data, 'base64');
  const latest = versions.keys.length;
  if (verb === 'encrypt') {
    const encrypted = versions.keys[latest - 1]?.encrypt(Buffer.from(plaintext, 'base64'), aad);
    return {
      status: 200,
      body: {
        data: { ciphertext: `vault:v${latest}:${encrypted?.toString('base64')}`, key_version: latest },
      },
    };
  }
  const [, version = '', encrypted = ''] = /^vault:v(\d+):(.+)$/.exec(ciphertext) ?? [];
  const key = versions.keys[Number(version) - 1];
  if (!key) return error(400, 'invalid ciphertext: no such key version');
  if (does.disable || Number(version) < versions.minimum)
    return error(400, 'ciphertext or signature version is disallowed by policy (too old)');
  const decrypted = key.decrypt(Buffer.from(encrypted, 'base64'), aad);
  if (!decrypted) return error(500, '1 error occurred:\n\t* cipher: message authentication failed\n\n');
  return {
    status: 200,
    body: { data: { plaintext: (does.lie ? randomBytes(32) : decrypted).toString('base64') } },
  };
}
