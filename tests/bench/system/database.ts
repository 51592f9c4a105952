// The one PostgreSQL of a run, which everybody is measured against.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { appUrl, migrate } from '@salus/db/migrate';
import pg from 'pg';
import type { Counted, Order, Ready } from './database-process.ts';

export interface BenchDatabase {
  /** Of the process that everything of the database is a child of. */
  readonly pid: number;
  /** A superuser's connection, past any latency. */
  readonly owner: pg.Client;
  readonly ownerUrl: string;
  /** Of the runtime role, for the Neon driver. */
  readonly appUrl: string;
  readonly neonUrl: string;
  /** Of a superuser, through the proxy that delays. */
  readonly delayedUrl: string;
  latency(milliseconds: number): Promise<void>;
  /** What has gone to the database since the last reset: round trips and statements. */
  counters(which: 'reset' | 'read'): Promise<Counted['counted']>;
  stop(): Promise<void>;
}

const APP_PASSWORD = 'of-the-bench-only';
const PROCESS = fileURLToPath(new URL('database-process.ts', import.meta.url));

export async function startBenchDatabase(): Promise<BenchDatabase> {
  const child = fork(PROCESS, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { ready } = await answer<Ready>(child);
  const owner = new pg.Client({ connectionString: ready.ownerUrl });
  await owner.connect();
  await migrate(owner, { appPassword: APP_PASSWORD });
  const order = (what: Order) => {
    const answered = answer<Counted>(child);
    child.send(what);
    return answered;
  };
  return {
    pid: child.pid ?? 0,
    owner,
    ownerUrl: ready.ownerUrl,
    appUrl: appUrl(ready.ownerUrl, APP_PASSWORD),
    neonUrl: ready.neonUrl,
    delayedUrl: Object.assign(new URL(ready.ownerUrl), { port: String(ready.delayedPort) }).href,
    async latency(milliseconds) {
      await order({ latency: milliseconds });
    },
    counters: async (count) => (await order({ count })).counted,
    async stop() {
      await owner.end();
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.send({ stop: true } satisfies Order);
      await exited;
    },
  };
}

/** The next message of the child. It is ours, and sends nothing else. @throws Error when it ends before */
function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the process ended before it answered'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}
