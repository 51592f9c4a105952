// The database of a developer's machine: PostgreSQL 18 from npm, or the one that DATABASE_URL names, brought to the present
// schema, with Neon's HTTP protocol in front of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { appUrl, migrate } from '@salus/db/migrate';
import { startNeonLocal } from '@salus/neon-local';
import { PostgresError, startPostgres } from '@salus/neon-local/postgres';
import type pg from 'pg';
import { connectedTo } from '../owner.ts';

export interface LocalDatabase {
  /** A connection of the owner, for migrations and for the first accounts. */
  readonly owner: pg.Client;
  /** What the Worker connects as and through. */
  readonly app: { readonly url: string; readonly endpoint: string | undefined };
  readonly applied: readonly string[];
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connection string of an owner, when the database is not to be our own. */
  readonly ownerUrl: string | undefined;
  readonly dataDirectory: string;
  readonly appPassword: string;
  /** Receives what PostgreSQL prints. */
  readonly log: (line: string) => void;
}

const PATIENCE = 15_000;
const STEP = 250;

/** Everything that was started is stopped again when the rest cannot be. @throws CommandError, PostgresError, MigrationError */
export async function startDatabase(options: DatabaseOptions): Promise<LocalDatabase> {
  const started: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const ownerUrl = options.ownerUrl ?? (await embedded(options, started));
    const owner = await connectedTo(ownerUrl);
    started.push(() => owner.end());
    const { applied } = await migrate(owner, { appPassword: options.appPassword });
    const app = await bridged(appUrl(ownerUrl, options.appPassword), started);
    return { owner, app, applied, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function embedded(
  { dataDirectory, log }: DatabaseOptions,
  started: (() => Promise<unknown>)[],
): Promise<string> {
  const until = Date.now() + PATIENCE;
  for (;;) {
    try {
      const postgres = await startPostgres({ dataDirectory, log });
      started.push(() => postgres.stop());
      return postgres.url;
    } catch (error) {
      // The server of a `salus dev` that was killed is on its way out.
      const ending = error instanceof PostgresError && error.code === 'ALREADY_RUNNING' && Date.now() < until;
      if (!ending) throw error;
      await sleep(STEP);
    }
  }
}

/** Neon answers SQL over HTTP itself; in front of any other PostgreSQL we do. */
async function bridged(url: string, started: (() => Promise<unknown>)[]): Promise<LocalDatabase['app']> {
  const { hostname, port } = new URL(url);
  if (hostname.endsWith('.neon.tech')) return { url, endpoint: undefined };
  const bridge = await startNeonLocal({ upstream: { host: hostname, port: Number(port || 5432) } });
  started.push(() => bridge.close());
  return { url, endpoint: bridge.url };
}
