// For the tests of this package: a PostgreSQL of its own in a temporary directory, neon-local in front of it, and the
// real driver pointed there.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { neonConfig } from '@neondatabase/serverless';
import { type NeonLocal, startNeonLocal } from './neon-local.ts';
import { type Postgres, startPostgres } from './postgres.ts';

export interface TestDatabase {
  postgres: Postgres;
  neonLocal: NeonLocal;
  /** The superuser's connection string. */
  url: string;
  stop(): Promise<void>;
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const directory = await temporaryDirectory();
  const postgres = await startPostgres({
    dataDirectory: join(directory, 'data'),
    persistent: false,
    settings: { fsync: 'off' },
  });
  const neonLocal = await startNeonLocal({ upstream: postgres });
  neonConfig.fetchEndpoint = () => neonLocal.url;
  return {
    postgres,
    neonLocal,
    url: postgres.url,
    stop: async () => {
      await neonLocal.close();
      await postgres.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** A new directory that the system user `postgres` may enter, when root runs the tests. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'neon-local-'));
  await chmod(directory, 0o755);
  return directory;
}
