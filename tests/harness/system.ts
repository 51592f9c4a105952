// The whole system for one test file: the bundled Worker in workerd with queue, Durable Objects and object storage, a
// PostgreSQL behind neon-local, and two organizations with an account in every role.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPassword, newSigningKeys, newTotpSecret, totpCode } from '@salus/auth';
import { argon2id } from '@salus/auth/argon2id';
import { createSalusClient, type SalusClient, type SalusClientOptions } from '@salus/client';
import { type KeyProviders, keyProvidersOf, keySettingsOf } from '@salus/crypto';
import { createOrganization, createUser, provisionPlatform } from '@salus/db/provision';
import type { OrganizationId, PatientId, Role, UserId } from '@salus/schema';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { inject } from 'vitest';
import { startTestDatabase, type TestDatabase } from './database.ts';
import { FAULTY_ENTRY } from './faulty-bindings.ts';

export interface Account {
  readonly id: UserId;
  readonly organizationId: OrganizationId;
  readonly role: Role;
  readonly email: string;
  readonly password: string;
  readonly totpSecret: string;
}

export interface System extends Omit<TestDatabase, 'stop'> {
  readonly url: string;
  readonly worker: Miniflare;
  readonly organizationId: OrganizationId;
  readonly otherOrganizationId: OrganizationId;
  /** Who keeps the root key. */
  readonly providers: KeyProviders;
  /** What the Worker has printed. */
  readonly printed: readonly string[];
  /** A new account, in the first organization unless another is named. */
  account(role: Role, more?: { organizationId?: OrganizationId; patientId?: PatientId }): Promise<Account>;
  /** A client that has signed in as a new account. */
  signedIn(role: Role, more?: { organizationId?: OrganizationId; patientId?: PatientId }): Promise<SignedIn>;
  /** A raw call. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Starts the Worker anew on the same database and storage, as a crash and a restart would, or a change of its bindings. */
  restartWorker(bindings?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

export interface SignedIn {
  readonly account: Account;
  readonly client: SalusClient;
  /** Headers of a raw call of the same session. */
  readonly headers: () => Record<string, string>;
}

export const ROOT_KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
const LOG_KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
export const LOG_ORIGIN = 'salus.test';
export const LOG_SEED = Buffer.from(LOG_KEY, 'base64');

export interface SystemOptions {
  /** Further bindings of the Worker. */
  readonly bindings?: Record<string, string>;
  /** The variables that say who keeps the root key, when that is not a local one. */
  readonly keys?: Readonly<Record<string, string>>;
  /** With doors before its bindings (faulty-bindings.ts). */
  readonly faulty?: boolean;
  /** How often the queue gives out a message again before it is dead. */
  readonly retries?: number;
}

export async function startSystem(of: SystemOptions = {}): Promise<System> {
  const { bindings = {}, keys = {} } = of;
  const database = await startTestDatabase(inject('cluster'));
  const rootKey = { SALUS_ROOT_KEY: ROOT_KEY, ...keys };
  const providers = await keyProvidersOf(keySettingsOf(rootKey, { loopback: true }));
  await provisionPlatform(database.owner, providers);
  const organizationId = await createOrganization(database.owner, providers, { name: 'First Clinic' });
  const otherOrganizationId = await createOrganization(database.owner, providers, { name: 'Second Clinic' });
  const printed: string[] = [];
  const lasting = { SALUS_TOKEN_KEYS: await newSigningKeys(), ...rootKey, ...bindings };
  const options = (more = {}) => workerOptions(database, printed, { ...lasting, ...more }, of);
  const worker = new Miniflare(await options());
  const url = (await worker.ready).origin;
  const account = accountMaker(database, providers, organizationId);

  return {
    ...database,
    url,
    worker,
    organizationId,
    otherOrganizationId,
    providers,
    printed,
    account,
    signedIn: async (role, more) => signIn(url, await account(role, more)),
    post: (path, body, headers) => post(url, path, body, headers),
    restartWorker: async (more) => worker.setOptions(await options(more)),
    async stop() {
      await worker.dispose();
      await database.stop();
    },
  };
}

/** Signs in with both factors. */
export async function signIn(
  url: string,
  account: Account,
  options: Omit<SalusClientOptions, 'url'> = {},
): Promise<SignedIn> {
  let accessToken = '';
  const client = createSalusClient({
    ...options,
    url,
    onTokens: (tokens) => {
      accessToken = tokens?.accessToken ?? accessToken;
      options.onTokens?.(tokens);
    },
  });
  await client.signIn({
    email: account.email,
    password: account.password,
    secondFactor: () => totpCode({ secret: account.totpSecret, now: Date.now() }),
  });
  return { account, client, headers: () => ({ authorization: `Bearer ${accessToken}` }) };
}

function post(
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

let accounts = 0;

function accountMaker(
  database: TestDatabase,
  providers: KeyProviders,
  first: OrganizationId,
): System['account'] {
  return async (role, { organizationId = first, patientId } = {}) => {
    accounts += 1;
    const account = {
      organizationId,
      role,
      email: `${role}${accounts}@clinic.example`,
      password: `a long phrase number ${accounts}`,
      totpSecret: newTotpSecret(),
    };
    const id = await createUser(database.owner, providers, {
      ...account,
      displayName: `Somebody ${accounts}`,
      passwordHash: await hashPassword(await argon2id(), account.password),
      ...(patientId && { patientId }),
    });
    return { ...account, id };
  };
}

class Recorder extends Log {
  readonly #lines: string[];
  constructor(lines: string[]) {
    super(LogLevel.DEBUG);
    this.#lines = lines;
  }
  override log(message: string): void {
    this.#lines.push(message);
  }
}

async function workerOptions(
  database: TestDatabase,
  printed: string[],
  bindings: Record<string, string>,
  { faulty = false, retries = 20 }: SystemOptions,
) {
  const bundle = inject('bundle');
  const names = (await readdir(bundle)).filter((name) => /\.(js|wasm)$/.test(name));
  const modules = await Promise.all(
    names
      .toSorted((a, b) => Number(b === 'index.js') - Number(a === 'index.js'))
      .map(async (name) => ({
        type: name.endsWith('.wasm') ? ('CompiledWasm' as const) : ('ESModule' as const),
        path: join(bundle, name),
        contents: await readFile(join(bundle, name)),
      })),
  );
  const entry = { type: 'ESModule' as const, path: join(bundle, 'faulty.js'), contents: FAULTY_ENTRY };
  return convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: 0,
    log: new Recorder(printed),
    handleStructuredLogs: ({ message }) => printed.push(message),
    modulesRoot: bundle,
    modules: faulty ? [entry, ...modules] : modules,
    compatibilityDate: '2026-10-01',
    bindings: {
      DATABASE_URL: database.appUrl,
      DATABASE_ENDPOINT: database.neonLocal.url,
      LOG_SIGNING_KEY: LOG_KEY,
      LOG_ORIGIN,
      ISSUER: 'http://127.0.0.1',
      SALUS_ENVIRONMENT: 'development',
      ...bindings,
    },
    durableObjects: { AUDIT_LOG: { className: 'AuditLog', useSQLite: true } },
    r2Buckets: ['LOG', 'REPORTS'],
    queueProducers: { AUDIT_QUEUE: 'salus-audit' },
    queueConsumers: {
      'salus-audit': {
        maxBatchSize: 100,
        maxBatchTimeout: 1,
        maxRetries: retries,
        retryDelay: 1,
        deadLetterQueue: 'salus-audit-dead-letter',
      },
      'salus-audit-dead-letter': { maxBatchSize: 100, maxBatchTimeout: 1, maxRetries: 20, retryDelay: 1 },
    },
  });
}
