// For the tests of this package: a PostgreSQL of its own, neon-local in front of it, and the real driver pointed there.
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
  const postgres = await startPostgres({ settings: { fsync: 'off' } });
  const neonLocal = await startNeonLocal({ upstream: postgres });
  neonConfig.fetchEndpoint = () => neonLocal.url;
  return {
    postgres,
    neonLocal,
    url: postgres.url,
    stop: async () => {
      await neonLocal.close();
      await postgres.stop();
    },
  };
}
