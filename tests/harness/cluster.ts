// Before the tests that cross packages: a PostgreSQL with the present schema, which has stopped. Each test file starts on a copy
// of it, in a fraction of the time that making one takes.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrate } from '@salus/db/migrate';
import { startPostgres, temporaryDirectory } from '@salus/neon-local/postgres';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    cluster: string;
  }
}

export const APP_PASSWORD = 'of-tests-only';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await makeCluster();
  project.provide('cluster', cluster);
  return () => rm(cluster, { recursive: true });
}

/** Its directory, for whoever asks to remove. */
export async function makeCluster(): Promise<string> {
  const directory = await temporaryDirectory();
  const postgres = await startPostgres({ dataDirectory: dataIn(directory), settings: { fsync: 'off' } });
  const owner = new pg.Client({ connectionString: postgres.url });
  await owner.connect();
  await migrate(owner, { appPassword: APP_PASSWORD });
  await owner.end();
  await postgres.stop();
  return directory;
}

/** A directory with a copy, for whoever asks to remove. */
export async function copyOf(cluster: string): Promise<string> {
  const directory = await temporaryDirectory();
  // Not fs.cp: the files may belong to another user, and have to go on belonging to that one.
  await promisify(execFile)('cp', ['-a', `${cluster}/.`, directory]);
  return directory;
}

export function dataIn(directory: string): string {
  return join(directory, 'data');
}
