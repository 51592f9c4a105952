// What the commands of an owner have in common: a connection with the rights of the database's owner, and the key provider.
// Both come from the environment, never from arguments, which every process of the machine can read.
import { type KeyProvider, localKeyProvider } from '@salus/crypto';
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

/** The provider of the root key in SALUS_ROOT_KEY. @throws UsageError, KeyProviderError */
export function keyProvider(): Promise<KeyProvider> {
  return localKeyProvider(required('SALUS_ROOT_KEY'));
}
