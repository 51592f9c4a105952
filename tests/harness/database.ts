// A PostgreSQL of the test's own, with the present schema, behind Neon's protocol.
import { appUrl, migrate } from '@salus/db/migrate';
import { type NeonLocal, startNeonLocal } from '@salus/neon-local';
import { startPostgres } from '@salus/neon-local/postgres';
import pg from 'pg';

export interface TestDatabase {
  readonly neonLocal: NeonLocal;
  /** A superuser's connection: it sees everything, past row-level security. */
  readonly owner: pg.Client;
  readonly ownerUrl: string;
  /** Connection string of the runtime role. */
  readonly appUrl: string;
  stop(): Promise<void>;
}

const APP_PASSWORD = 'of-tests-only';

export async function startTestDatabase(): Promise<TestDatabase> {
  const postgres = await startPostgres({ settings: { fsync: 'off' } });
  const neonLocal = await startNeonLocal({ upstream: postgres });
  const owner = new pg.Client({ connectionString: postgres.url });
  await owner.connect();
  await migrate(owner, { appPassword: APP_PASSWORD });
  return {
    neonLocal,
    owner,
    ownerUrl: postgres.url,
    appUrl: appUrl(postgres.url, APP_PASSWORD),
    async stop() {
      await owner.end();
      await neonLocal.close();
      await postgres.stop();
    },
  };
}
