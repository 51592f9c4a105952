// Before the tests that run in the Worker's runtime: a PostgreSQL with the present schema, behind Neon's protocol.
import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { makeCluster } from './cluster.ts';
import { startTestDatabase } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    database: { readonly endpoint: string; readonly appUrl: string; readonly ownerUrl: string };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await makeCluster();
  const database = await startTestDatabase(cluster);
  await rm(cluster, { recursive: true });
  const { neonLocal, appUrl, ownerUrl } = database;
  project.provide('database', { endpoint: neonLocal.url, appUrl, ownerUrl });
  return () => database.stop();
}
