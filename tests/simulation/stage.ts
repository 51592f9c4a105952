// What every run begins with: a PostgreSQL whose clock is the simulation's, two organizations and somebody in every role.
// It is made once; each run gets a copy of its own.
import { newSigningKeys, newTotpSecret } from '@salus/auth';
import { argon2id } from '@salus/auth/argon2id';
import { keyProviders, localKeyProvider } from '@salus/crypto';
import { appUrl, migrate } from '@salus/db/migrate';
import { createOrganization, createUser, provisionPlatform } from '@salus/db/provision';
import { startPostgres } from '@salus/neon-local/postgres';
import type { OrganizationId, Role } from '@salus/schema';
import pg from 'pg';
import { ENDPOINT } from './database.ts';
import { simulateClock } from './database-clock.ts';
import type { Guard } from './guards.ts';
import { type Edit, replacedOnce } from './worker-program.ts';

export interface Account {
  readonly organizationId: OrganizationId;
  readonly role: Role;
  readonly email: string;
  readonly password: string;
  readonly totpSecret: string;
  /** Where its calls come from. */
  readonly address: string;
}

export interface Stage {
  readonly organizations: readonly OrganizationId[];
  readonly accounts: readonly Account[];
  /** Secrets and settings of the Worker. */
  readonly bindings: Readonly<Record<string, string>>;
  /** A database for one run, less the guards that are switched off. */
  open(without?: Pick<Guard, 'functions' | 'sql'>): Promise<OpenStage>;
  close(): Promise<void>;
}

export interface OpenStage {
  /** Connection string of the runtime role. */
  readonly url: string;
  /** A superuser's connection, which sees everything. */
  readonly owner: pg.Client;
  close(): Promise<void>;
}

const APP_PASSWORD = 'of-simulations-only';
const CAST = [
  'provider',
  'provider',
  'nurse',
  'billing',
  'admin',
  'privacy_officer',
] as const satisfies Role[];
const START = '2026-12-31T23:20:00Z';

/** Five to midnight on New Year's Eve: nearly every run writes two logs for each organization. */
export const STARTS_AT = Date.parse('2026-12-31T23:55:00Z');

export async function setStage(): Promise<Stage> {
  const postgres = await startPostgres({
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      autovacuum: 'off',
      deadlock_timeout: '50ms',
    },
  });
  const admin = await connected(postgres.url);
  await admin.query('create database template_of_runs');
  const owner = await connected(databaseUrl(postgres.url, 'template_of_runs'));
  await migrate(owner, { appPassword: APP_PASSWORD });
  await simulateClock(owner);
  await owner.query(`set simulated.now = '${START}'`);

  // Keys are new each time: nothing that the seed decides depends on them.
  const rootKey = newKey();
  const cast = await createCast(owner, rootKey);
  await owner.end();

  let runs = 0;
  return {
    ...cast,
    bindings: {
      DATABASE_ENDPOINT: ENDPOINT,
      SALUS_ROOT_KEY: rootKey,
      SALUS_TOKEN_KEYS: await newSigningKeys(),
      LOG_SIGNING_KEY: newKey(),
      LOG_ORIGIN: 'salus.test',
      ISSUER: 'http://127.0.0.1',
      SALUS_ENVIRONMENT: 'development',
    },
    async open({ functions = [], sql = [] } = {}) {
      runs += 1;
      const name = `run_${runs}`;
      await admin.query(`create database ${name} template template_of_runs strategy file_copy`);
      const url = databaseUrl(postgres.url, name);
      const own = await connected(url);
      for (const edit of functions) await editFunction(own, edit);
      for (const statement of sql) await own.query(statement);
      return {
        url: appUrl(url, APP_PASSWORD),
        owner: own,
        async close() {
          await own.end();
          await admin.query(`drop database ${name} with (force)`);
        },
      };
    },
    async close() {
      await admin.end();
      await postgres.stop();
    },
  };
}

function newKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
}

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function createCast(
  owner: pg.Client,
  rootKey: string,
): Promise<Pick<Stage, 'organizations' | 'accounts'>> {
  const providers = keyProviders(await localKeyProvider(rootKey));
  await provisionPlatform(owner, providers);
  const organizations: OrganizationId[] = [];
  const accounts: Account[] = [];
  for (const name of ['North Clinic', 'South Clinic']) {
    const organizationId = await createOrganization(owner, providers, { name });
    organizations.push(organizationId);
    for (const role of CAST) {
      const number = accounts.length + 1;
      const account: Account = {
        organizationId,
        role,
        email: `${role}${number}@clinic.example`,
        password: `a long phrase number ${number}`,
        totpSecret: newTotpSecret(),
        address: `192.0.2.${number}`,
      };
      await createUser(owner, providers, {
        ...account,
        displayName: `Somebody ${number}`,
        passwordHash: await cheapHash(account.password),
      });
      accounts.push(account);
    }
  }
  return { organizations, accounts };
}

/** What hashPassword() of @salus/auth makes, with parameters that cost next to nothing: signing in is not what is slow here. */
async function cheapHash(password: string): Promise<string> {
  const salt = new Uint8Array(16).fill(5);
  const parameters = { memorySize: 8, passes: 1, parallelism: 1, tagLength: 32 };
  const tag = (await argon2id())({ ...parameters, password: new TextEncoder().encode(password), salt });
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=8,t=1,p=1$${base64(salt)}$${base64(tag)}`;
}

async function editFunction(owner: pg.Client, edit: Edit): Promise<void> {
  const { rows } = await owner.query<{ text: string }>(
    `select pg_get_functiondef(oid) as text from pg_proc where pronamespace = 'salus'::regnamespace and proname = $1`,
    [edit.path],
  );
  await owner.query(replacedOnce(rows[0]?.text ?? '', edit));
}
