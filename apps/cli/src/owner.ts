// What the commands of an owner have in common: a connection with the rights of the database's owner, and the key providers.
// Both come from the environment, never from arguments, which every process of the machine can read.
import {
  KeyConfigurationError,
  KeyProviderError,
  type KeyProviders,
  keyProvidersOf,
  keySettingsOf,
  unwrapOrganizationKey,
} from '@salus/crypto';
import { PLATFORM } from '@salus/db';
import { provisionPlatform } from '@salus/db/provision';
import pg from 'pg';
import { CommandError, UsageError } from './errors.ts';

/** @throws UsageError when it is not set */
export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new UsageError(`set ${name} in the environment`);
  return value;
}

/** Runs work on a connection to DATABASE_URL. @throws UsageError, CommandError and what the work throws */
export async function asOwner<T>(work: (connection: pg.Client) => Promise<T>): Promise<T> {
  const connection = await connectedTo(required('DATABASE_URL'));
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

/** @throws CommandError when there is no such database; pg's own message would repeat parts of the connection string */
export async function connectedTo(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // The connection ends with the server; whoever uses it next will notice.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new CommandError(`the database cannot be reached${code}`);
  }
}

/** The providers that the Worker's own variables name (docs/key-providers.md). @throws UsageError */
export async function configuredKeyProviders(): Promise<KeyProviders> {
  try {
    const loopback = process.env.SALUS_ENVIRONMENT === 'development';
    return await keyProvidersOf(keySettingsOf(process.env, { loopback }));
  } catch (error) {
    if (error instanceof KeyConfigurationError) throw new UsageError(`in the environment ${error.message}`);
    throw error;
  }
}

/**
 * Gives the platform its key if it has none, and makes sure that it is ours to open: what another root key wraps, no Worker
 * of this deployment could read.
 * @throws CommandError, KeyProviderError
 */
export async function preparePlatform(connection: pg.Client, providers: KeyProviders): Promise<void> {
  await provisionPlatform(connection, providers);
  const { version, provider, wrapped } = await platformKey(connection);
  try {
    await unwrapOrganizationKey(providers.of(provider), PLATFORM, version, new Uint8Array(wrapped));
  } catch (error) {
    const code = error instanceof KeyProviderError ? error.code : null;
    if (code !== 'unwrap_failed' && code !== 'unknown_provider') throw error;
    throw new CommandError(
      'this database was set up with another root key than the one that the environment names',
    );
  }
}

interface WrappedKey {
  readonly version: number;
  readonly provider: string;
  readonly wrapped: Buffer;
}

async function platformKey(connection: pg.Client): Promise<WrappedKey> {
  await connection.query('begin');
  try {
    await connection.query('set local role salus_owner');
    const { rows } = await connection.query<WrappedKey>(
      `select version, provider, wrapped from salus.organization_keys
        where organization_id = $1 order by version desc limit 1`,
      [PLATFORM],
    );
    const [row] = rows;
    if (!row) throw new CommandError('the platform has no key');
    return row;
  } finally {
    await connection.query('rollback');
  }
}
