// The one door to Postgres: Neon's HTTP driver, where a batch is one request and one transaction. Errors leave here as
// DatabaseError, because the driver's own carry SQL and values.
import { neon, neonConfig, types } from '@neondatabase/serverless';
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
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

/** Writes SQL as text with its parameters. The driver is called without drizzle's own session, which does nothing else here. */
const dialect = new PgDialect();

/**
 * Object identifiers of date, timestamp, timestamptz and interval, and of lists of them and of numeric: they stay the text that
 * PostgreSQL wrote, because a Date has no microseconds, and no date without a time.
 */
const AS_TEXT = [1082, 1114, 1184, 1186, 1115, 1182, 1185, 1187, 1231];
for (const type of AS_TEXT) types.setTypeParser(type, (text) => text);

export function connect({ url, endpoint, timeout = DEFAULT_TIMEOUT }: DatabaseOptions): Database {
  if (endpoint) neonConfig.fetchEndpoint = endpoint;
  // One for all transactions: to make a client is to read its URL again.
  const client = neon(url);
  return {
    async transaction(statements) {
      // Not AbortSignal.timeout(): its timer stays until it has run out, which kept every request of the last ten seconds in
      // workerd and took a fifth of a read's processor time.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), timeout);
      try {
        const options = { fetchOptions: { signal: late.signal } };
        const queries = statements.map((statement) => {
          const { sql, params } = dialect.sqlToQuery(statement);
          return client.query(sql, params, options);
        });
        // A single statement is a transaction by itself: Neon need not begin and commit one around it.
        return await (queries.length === 1 ? Promise.all(queries) : client.transaction(queries, options));
      } catch (error) {
        throw databaseErrorOf(error);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
