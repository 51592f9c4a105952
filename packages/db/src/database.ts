// The one door to Postgres: Neon's HTTP driver, where a batch is one request and one transaction. Errors leave here as
// DatabaseError, because the driver's own carry SQL and values.
import { neon, neonConfig } from '@neondatabase/serverless';
import type { SQL } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/neon-http';
import { databaseErrorOf } from './errors.ts';

export type Row = Record<string, unknown>;

export interface Database {
  /**
   * Runs statements in one transaction and one round trip, and answers the rows of each.
   * @throws DatabaseError; nothing of the batch was kept, unless its code is `unavailable`, when that is not known
   */
  transaction(statements: readonly [SQL, ...SQL[]]): Promise<Row[][]>;
}

export interface DatabaseOptions {
  /** `postgres://salus_app:…@host/database` */
  readonly url: string;
  /** Where to reach the SQL-over-HTTP endpoint, when it is not Neon's own (local development, tests). */
  readonly endpoint?: string | undefined;
  /** Longest time for one transaction, in milliseconds. */
  readonly timeout?: number | undefined;
}

const DEFAULT_TIMEOUT = 10_000;

export function connect({ url, endpoint, timeout = DEFAULT_TIMEOUT }: DatabaseOptions): Database {
  if (endpoint) neonConfig.fetchEndpoint = endpoint;
  return {
    async transaction(statements) {
      // The signal is the driver's only deadline, and it is given per client: a client is a closure and costs nothing.
      const client = neon(url, { fetchOptions: { signal: AbortSignal.timeout(timeout) } });
      const db = drizzle({ client });
      const [first, ...rest] = statements;
      try {
        const results = await db.batch([
          db.execute(first),
          ...rest.map((statement) => db.execute(statement)),
        ]);
        return results.map((result) => result.rows);
      } catch (error) {
        throw databaseErrorOf(error);
      }
    },
  };
}
