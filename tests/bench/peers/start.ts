// Starts what Salus is measured beside.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchDatabase } from '../system/database.ts';
import { type RunningWorker, runWorker } from '../system/salus.ts';
import { bundled, COMPATIBILITY_DATE } from '../workerd.ts';

export interface Running {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A server of ours in a Node of its own, which sends its port when it listens. */
export async function startServer(module: string, options: object): Promise<Running> {
  const path = fileURLToPath(new URL(module, import.meta.url));
  const child = fork(path, [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const port = await portOf(child);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.disconnect();
      }),
  };
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('a peer ended before it listened')));
    child.once('message', (message) => resolve((message as { port: number }).port)); // what every peer sends
  });
}

export async function startFloorWorker(
  database: BenchDatabase,
  module: 'floor-worker.ts' | 'libraries-worker.ts' = 'floor-worker.ts',
): Promise<RunningWorker> {
  return runWorker({
    modules: true,
    compatibilityDate: COMPATIBILITY_DATE,
    script: await bundled(new URL(module, import.meta.url)),
    bindings: { DATABASE_URL: database.ownerUrl, DATABASE_ENDPOINT: database.neonUrl },
  });
}
