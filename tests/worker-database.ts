// Before the tests that run in the Worker's runtime: a PostgreSQL with the present schema, behind Neon's protocol.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@salus/db/migrate';
import { startNeonLocal } from '@salus/neon-local';
import { startPostgres } from '@salus/neon-local/postgres';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    database: { readonly endpoint: string; readonly appUrl: string; readonly ownerUrl: string };
  }
}

const APP_PASSWORD = 'of-tests-only';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'salus-worker-'));
  // The server's own account, when root runs the tests, enters it too.
  await chmod(directory, 0o755);
  const postgres = await startPostgres({
    dataDirectory: join(directory, 'data'),
    persistent: false,
    settings: { fsync: 'off' },
  });
  const neonLocal = await startNeonLocal({ upstream: postgres });
  const stop = async () => {
    await neonLocal.close();
    await postgres.stop();
    await rm(directory, { recursive: true });
  };
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await migrate(client, { appPassword: APP_PASSWORD });
  await client.end();
  const appUrl = new URL(postgres.url);
  appUrl.username = 'salus_app';
  appUrl.password = APP_PASSWORD;
  project.provide('database', { endpoint: neonLocal.url, appUrl: appUrl.href, ownerUrl: postgres.url });
  return stop;
}
