// The database as the Worker reaches it: Neon's protocol, in the place of `fetch`, on a real PostgreSQL. A request is a
// transaction, and waits for its turn twice: before its statements, and sometimes before its COMMIT, so that others run in
// between and wait for its locks. What a fault keeps and what it loses is exact.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { simulated } from './database-clock.ts';
import type { Faults } from './faults.ts';
import type { Surroundings } from './platform.ts';
import { type Actor, lastingActor, type World } from './world.ts';

interface Statement {
  readonly query: string;
  readonly params: readonly unknown[];
}

interface Request {
  readonly actor: Actor;
  readonly task: object | null;
  readonly label: string;
  readonly statements: readonly Statement[];
  readonly batch: boolean;
  readonly arrayMode: boolean;
  resolve(response: Response): void;
  reject(error: unknown): void;
}

interface Running extends Request {
  readonly client: pg.Client;
  readonly pid: number;
  /** The connection is cut before all of its statements, or its COMMIT, have come through. */
  readonly cut: boolean;
  /** Settles when every statement has run, or one has failed. */
  work: Promise<Outcome>;
}

type Outcome = { readonly bodies: readonly object[] } | { readonly error: pg.DatabaseError };

/** Where the Worker is told to find it. */
export const ENDPOINT = 'http://127.0.0.1/sql';

export interface SimulatedDatabase {
  fetch(from: Surroundings, url: string, init: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly world: World;
  readonly faults: Faults;
  readonly url: string;
  readonly owner: pg.Client;
  /** Told of every transaction that has committed, and on behalf of which request. */
  readonly committed: (task: object | null) => Promise<void>;
}

/** What a request does, for the trace: the functions and tables that its statements begin with. */
const ABOUT = /\b(?:from|into|select|update) "?salus"?\."?([a-z_]+)"?/g;

export function createDatabase({ world, faults, url, owner, committed }: DatabaseOptions): SimulatedDatabase {
  const idle: pg.Client[] = [];
  const all: pg.Client[] = [];
  const held = new Set<Running>();
  const blocked = new Set<Running>();
  const server = lastingActor('database');

  async function connection(): Promise<pg.Client> {
    const kept = idle.pop();
    if (kept) return kept;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    all.push(client);
    return client;
  }

  async function begin(request: Request): Promise<void> {
    if (faults.happens('control plane fails')) {
      request.resolve(Response.json({ message: 'Control plane request failed', code: '' }, { status: 500 }));
      return;
    }
    const cutBefore = faults.happens('cut before a statement')
      ? world.random.below(request.statements.length + 1)
      : null;
    const client = await connection();
    const pid = Number((client as unknown as { processID: number }).processID); // not in the types of pg
    await client.query(`begin; set local simulated.now = '${new Date(world.clockOf(server)).toISOString()}'`);
    const cut = cutBefore !== null;
    await proceed({ ...request, client, pid, cut, work: run(client, request, cutBefore) });
  }

  async function run(client: pg.Client, request: Request, cutBefore: number | null): Promise<Outcome> {
    const bodies: object[] = [];
    for (const [at, statement] of request.statements.entries()) {
      if (at === cutBefore) break;
      try {
        bodies.push(bodyOf(await client.query(asText(statement)), request.arrayMode));
      } catch (error) {
        if (error instanceof pg.DatabaseError) return { error };
        throw error;
      }
    }
    return { bodies };
  }

  /** Goes on with a transaction until it has ended, is held before its COMMIT, or waits for another's locks. */
  async function proceed(running: Running): Promise<void> {
    if (!(await hasFinished(running))) {
      blocked.add(running);
      return;
    }
    const outcome = await running.work;
    if (running.cut || 'error' in outcome) {
      await finish(running, 'rollback');
      if ('error' in outcome) running.resolve(errorAnswer(outcome.error));
      else running.reject(new TypeError('the connection was cut'));
      return;
    }
    const commit = () => commitOf(running, outcome.bodies);
    if (!faults.happens('another transaction goes first') || (await keepsEverybodyOut(running))) {
      await commit();
      return;
    }
    held.add(running);
    world.schedule({
      actor: server,
      label: `commit of ${running.label}`,
      outlives: false,
      async perform() {
        held.delete(running);
        await commit();
      },
    });
  }

  /** Holding it, nobody could look at the database, not even to see whether all is well. */
  async function keepsEverybodyOut({ pid }: Running): Promise<boolean> {
    const { rows } = await owner.query(
      `select exists (select from pg_locks where pid = $1 and relation is not null and mode = 'AccessExclusiveLock') as does`,
      [pid],
    );
    return rows[0].does;
  }

  async function commitOf(running: Running, bodies: readonly object[]): Promise<void> {
    // Neon rolls a batch back whose client has gone before its COMMIT.
    if (!running.actor.alive && world.random.happens(0.5)) {
      await finish(running, 'rollback');
      return;
    }
    await finish(running, 'commit');
    await committed(running.task);
    if (faults.happens('cut after COMMIT')) running.reject(new TypeError('the connection was cut'));
    else running.resolve(Response.json(running.batch ? { results: bodies } : bodies[0]));
  }

  async function finish({ client }: Running, end: 'commit' | 'rollback'): Promise<void> {
    await client.query(end);
    idle.push(client);
    // Those that waited for its locks go on, in the order in which they came.
    for (const waiting of [...blocked]) {
      // Unless one of them has let it go on already.
      if (!blocked.has(waiting) || !(await hasFinished(waiting))) continue;
      blocked.delete(waiting);
      await proceed(waiting);
    }
  }

  async function hasFinished({ work, pid }: Running): Promise<boolean> {
    if (held.size === 0 && blocked.size === 0) {
      await work;
      return true;
    }
    for (;;) {
      const done = await Promise.race([work.then(() => true), sleep(3).then(() => false)]);
      if (done) return true;
      const { rows } = await owner.query('select cardinality(pg_blocking_pids($1)) > 0 as waits', [pid]);
      if (rows[0].waits) return false;
    }
  }

  return {
    fetch({ actor, task }, url, { body, headers, signal }) {
      if (url !== ENDPOINT) return Promise.reject(new TypeError('the simulation has no internet'));
      const { queries, ...single } = JSON.parse(String(body));
      const statements: Statement[] = queries ?? [single];
      return new Promise((resolve, reject) => {
        const alive = (settle: (value: never) => void) => (value: unknown) => {
          if (actor.alive) settle(value as never); // of the settler's own type, as `Request` says
        };
        signal?.addEventListener('abort', () => alive(reject)(signal.reason));
        const request: Request = {
          actor,
          task,
          label: labelOf(statements),
          statements,
          batch: queries !== undefined,
          arrayMode: new Headers(headers).get('neon-array-mode') === 'true',
          resolve: (response) => world.release(() => alive(resolve)(response)),
          reject: (error) => world.release(() => alive(reject)(error)),
        };
        world.schedule({ actor, label: request.label, outlives: true, perform: () => begin(request) });
      });
    },
    async close() {
      await Promise.all(all.map((client) => client.end()));
    },
  };
}

function labelOf(statements: readonly Statement[]): string {
  const names = statements.flatMap(({ query }) => [...query.matchAll(ABOUT)].map(([, name]) => name ?? ''));
  return `sql ${[...new Set(names)].slice(0, 4).join(' ')}`;
}

function asText({ query, params }: Statement) {
  return {
    text: simulated(query),
    values: params.map((value) =>
      value === null || typeof value === 'string' ? value : JSON.stringify(value),
    ),
    rowMode: 'array' as const,
    types: { getTypeParser: () => (text: unknown) => text },
  };
}

function bodyOf({ fields, rows, command, rowCount }: pg.QueryArrayResult, arrayMode: boolean): object {
  return {
    fields: fields.map(({ name, dataTypeID }) => ({ name, dataTypeID })),
    rows: arrayMode
      ? rows
      : rows.map((row) => Object.fromEntries(fields.map(({ name }, at) => [name, row[at]]))),
    command,
    rowCount,
    rowAsArray: arrayMode,
  };
}

function errorAnswer({ message, code = '', severity = '', detail, constraint }: pg.DatabaseError): Response {
  const body = { message, code, severity, detail: detail ?? null, constraint: constraint ?? null };
  return Response.json(body, { status: 400 });
}
