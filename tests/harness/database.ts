// A PostgreSQL of the test's own, with the present schema, behind Neon's protocol.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@salus/db/migrate';
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
  const directory = await mkdtemp(join(tmpdir(), 'salus-tests-'));
  // The server's own account, when root runs the tests, enters it too.
  await chmod(directory, 0o755);
  const postgres = await startPostgres({
    dataDirectory: join(directory, 'data'),
    persistent: false,
    settings: { fsync: 'off' },
  });
  const neonLocal = await startNeonLocal({ upstream: postgres });
  const owner = new pg.Client({ connectionString: postgres.url });
  await owner.connect();
  await migrate(owner, { appPassword: APP_PASSWORD });
  const appUrl = new URL(postgres.url);
  appUrl.username = 'salus_app';
  appUrl.password = APP_PASSWORD;
  return {
    neonLocal,
    owner,
    ownerUrl: postgres.url,
    appUrl: appUrl.href,
    async stop() {
      await owner.end();
      await neonLocal.close();
      await postgres.stop();
      await rm(directory, { recursive: true });
    },
  };
}
