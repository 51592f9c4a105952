// Connections to the upstream, pooled by credentials. A request finds a connection as new: nothing that an earlier
// request set in its session (variables, role, temporary tables, locks, prepared statements) is left.
import { connect as connectSocket } from 'node:net';
import { DatabaseError, Pool, type PoolClient } from 'pg';
import { PasswordRefused, UpstreamUnreachable } from './answer.ts';
import type { Credentials } from './request.ts';

/** Connections for one set of credentials; PostgreSQL allows 100 in all unless it is told otherwise. */
const CONNECTIONS = 20;

/**
 * DISCARD ALL (PostgreSQL documentation) without DISCARD PLANS, which would make every function plan anew; ROLLBACK
 * for a `BEGIN` that a single statement left open.
 */
const RECYCLE = `ROLLBACK; CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *;
SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES`;

export interface Connections {
  /**
   * Lends a connection to `work`. While it runs, `gone` cancels its statement. The connection is cleaned and given
   * back afterwards without delaying the answer, or closed if it cannot be cleaned.
   * @throws PasswordRefused, UpstreamUnreachable or pg's DatabaseError when there is no connection to lend.
   */
  lend<T>(credentials: Credentials, gone: AbortSignal, work: (client: PoolClient) => Promise<T>): Promise<T>;
  /** Waits for what is lent, then closes every connection. */
  close(): Promise<void>;
}

export function createConnections(upstream: { host: string; port: number }): Connections {
  const pools = new Map<string, Pool>();

  function poolOf({ user, password, database, applicationName }: Credentials): Pool {
    const key = JSON.stringify([user, password, database, applicationName]);
    const known = pools.get(key);
    if (known !== undefined) return known;
    const pool = new Pool({
      ...upstream,
      user,
      password,
      database,
      application_name: applicationName,
      // Explicit, so that PGSSLMODE of this machine has no say.
      ssl: false,
      max: CONNECTIONS,
      connectionTimeoutMillis: 30_000,
      allowExitOnIdle: true,
    });
    // A connection that breaks while idle leaves the pool; one that breaks in use fails its statement. Neither is
    // to end the process, which is what an 'error' event without a listener does.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    pool.on('remove', () => {
      if (pool.totalCount === 0 && pools.get(key) === pool) pools.delete(key);
    });
    pools.set(key, pool);
    return pool;
  }

  async function borrow(credentials: Credentials): Promise<PoolClient> {
    try {
      return await poolOf(credentials).connect();
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw new UpstreamUnreachable();
      if (error.code === '28P01') throw new PasswordRefused(credentials.user);
      throw error;
    }
  }

  return {
    async lend(credentials, gone, work) {
      const client = await borrow(credentials);
      let cancelling: Promise<void> | undefined;
      const cancel = () => {
        cancelling = cancelStatement(upstream, client);
      };
      gone.addEventListener('abort', cancel, { once: true });
      try {
        return await work(client);
      } finally {
        gone.removeEventListener('abort', cancel);
        void recycle(client, cancelling);
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}

async function recycle(client: PoolClient, cancelling: Promise<void> | undefined): Promise<void> {
  try {
    // A cancel request that is still on its way would hit whoever uses the connection next.
    await cancelling;
    await client.query(RECYCLE);
    client.release();
  } catch {
    client.release(true);
  }
}

const CANCEL_REQUEST_CODE = 80_877_102;

/** Sends a CancelRequest (PostgreSQL protocol, "Canceling Requests in Progress"); done when the server has acted on it. */
function cancelStatement(upstream: { host: string; port: number }, client: PoolClient): Promise<void> {
  // Boundary: pg keeps the backend's key on the client, its types do not say so.
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const message = Buffer.alloc(16);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  return new Promise((resolve) => {
    const socket = connectSocket(upstream, () => socket.end(message));
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.resume();
  });
}
