// For tests: a PostgreSQL of a test's own with the present schema, and both roles' connections to it.
import { type KeyProviders, keyProviders, localKeyProvider } from '@salus/crypto';
import { startPostgres } from '@salus/neon-local/postgres';
import pg from 'pg';
import { appUrl, migrate } from './migrate.ts';

const APP_PASSWORD = 'of-tests-only';

export interface TestDatabase {
  /** A superuser's connection. */
  readonly owner: pg.Client;
  /** The runtime role's. */
  readonly app: pg.Client;
  stop(): Promise<void>;
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const postgres = await startPostgres({ settings: { fsync: 'off' } });
  const owner = new pg.Client({ connectionString: postgres.url });
  await owner.connect();
  await migrate(owner, { appPassword: APP_PASSWORD });
  const app = new pg.Client({ connectionString: appUrl(postgres.url, APP_PASSWORD) });
  await app.connect();
  return {
    owner,
    app,
    async stop() {
      await app.end();
      await owner.end();
      await postgres.stop();
    },
  };
}

/** A root key that nobody keeps. */
export async function testKeyProviders(): Promise<KeyProviders> {
  const rootKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
  return keyProviders(await localKeyProvider(rootKey));
}
