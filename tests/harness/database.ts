// A PostgreSQL of the test's own, with the present schema, behind Neon's protocol.
import { rm } from 'node:fs/promises';
import { appUrl } from '@salus/db/migrate';
import { type NeonLocal, startNeonLocal } from '@salus/neon-local';
import { startPostgres } from '@salus/neon-local/postgres';
import pg from 'pg';
import { APP_PASSWORD, copyOf, dataIn } from './cluster.ts';

export interface TestDatabase {
  readonly neonLocal: NeonLocal;
  /** A superuser's connection: it sees everything, past row-level security. */
  readonly owner: pg.Client;
  readonly ownerUrl: string;
  /** Connection string of the runtime role. */
  readonly appUrl: string;
  stop(): Promise<void>;
}

/** @param cluster what the global set-up has provided under that name */
export async function startTestDatabase(cluster: string): Promise<TestDatabase> {
  const directory = await copyOf(cluster);
  const postgres = await startPostgres({ dataDirectory: dataIn(directory), settings: { fsync: 'off' } });
  const neonLocal = await startNeonLocal({ upstream: postgres });
  const owner = new pg.Client({ connectionString: postgres.url });
  await owner.connect();
  return {
    neonLocal,
    owner,
    ownerUrl: postgres.url,
    appUrl: appUrl(postgres.url, APP_PASSWORD),
    async stop() {
      await owner.end();
      await neonLocal.close();
      await postgres.stop();
      await rm(directory, { recursive: true });
    },
  };
}
