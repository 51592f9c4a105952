// What recording the event adds to the database's time for a read. The statements of a real read are taken from the wire,
// of the Worker as it is and of one that records nothing, and run again on one connection, in turns; and those of the latter once
// more with the least that a database can keep: a row of one column in a table without index, key, check or policy.
import { createServer, type Server } from 'node:http';
import pg from 'pg';
import { bundleVariant, type Variant } from '../api/variants.ts';
import { openConnection } from '../load/http.ts';
import { median } from '../quantiles.ts';
import { type BenchDatabase, startBenchDatabase } from '../system/database.ts';
import { makeAccounts, populate } from '../system/population.ts';
import { newKeys, type SalusKeys, startSalus } from '../system/salus.ts';
import type { Session } from '../system/session.ts';

/** Milliseconds. */
export interface ReadTime {
  readonly statements: number;
  readonly commit: number;
  readonly both: number;
}

export interface DatabaseTime {
  readonly with: ReadTime;
  readonly without: ReadTime;
  /** A row that says nothing, instead of the event. */
  readonly least: ReadTime;
  /** By how much the event makes it longer: 0.25 for a quarter. */
  readonly added: Added;
  readonly addedByLeast: Added;
}

export interface Added {
  readonly statements: number;
  readonly both: number;
}

interface Statement {
  readonly query: string;
  readonly params: readonly unknown[];
}

export async function measureDatabaseTime(reads: number, rounds: number): Promise<DatabaseTime> {
  const database = await startBenchDatabase();
  try {
    const keys = await newKeys();
    const accounts = await makeAccounts(database, keys, 0);
    const salus = await startSalus({ bundle: await bundleVariant('none'), database, keys, hasQueue: false });
    const { provider, patients } = await populate(database, salus, accounts, { own: 64, all: 10_000 });
    await salus.stop();
    const [patient = ''] = patients;
    const recorded = await statementsOfRead('none', { database, keys, provider, patient });
    const bare = await statementsOfRead('audit', { database, keys, provider, patient });
    await database.owner.query(LEAST_TABLE);
    const connection = new pg.Client({ connectionString: database.appUrl });
    await connection.connect();
    try {
      return await inTurns(
        connection,
        { with: recorded, without: bare, least: withLeastRow(bare) },
        reads,
        rounds,
      );
    } finally {
      await connection.end();
    }
  } finally {
    await database.stop();
  }
}

const LEAST_TABLE = 'create table least_row (content text); grant insert on least_row to salus_app';

/** In the statement of the read itself, as the event is. */
function withLeastRow(statements: readonly Statement[]): Statement[] {
  const isRead = ({ query }: Statement) => query.includes('salus.visible_patient(');
  if (statements.filter(isRead).length !== 1) throw new Error('a read is not the statement that it was');
  return statements.map((statement) =>
    isRead(statement)
      ? {
          ...statement,
          query: `with least as (insert into least_row values ('')) ${statement.query}`,
        }
      : statement,
  );
}

type Side = 'with' | 'without' | 'least';

async function inTurns(
  connection: pg.Client,
  statementsOf: Readonly<Record<Side, readonly Statement[]>>,
  reads: number,
  rounds: number,
): Promise<DatabaseTime> {
  const turn = async (count: number): Promise<Record<Side, ReadTime>> => ({
    with: await run(connection, statementsOf.with, count),
    least: await run(connection, statementsOf.least, count),
    without: await run(connection, statementsOf.without, count),
  });
  await turn(50);
  const turns: Record<Side, ReadTime>[] = [];
  for (let round = 0; round < rounds; round++) turns.push(await turn(reads));
  const of = (side: Side): ReadTime => ({
    statements: median(turns.map((one) => one[side].statements)),
    commit: median(turns.map((one) => one[side].commit)),
    both: median(turns.map((one) => one[side].both)),
  });
  const addedBy = (side: Side): Added => {
    const of = (part: keyof ReadTime) => median(turns.map((one) => one[side][part] / one.without[part] - 1));
    return { statements: of('statements'), both: of('both') };
  };
  return {
    with: of('with'),
    without: of('without'),
    least: of('least'),
    added: addedBy('with'),
    addedByLeast: addedBy('least'),
  };
}

/** Medians over so many reads. */
async function run(
  connection: pg.Client,
  statements: readonly Statement[],
  reads: number,
): Promise<ReadTime> {
  const times: ReadTime[] = [];
  for (let read = 0; read < reads; read++) {
    await connection.query('begin');
    const started = performance.now();
    for (const { query, params } of statements) await connection.query(query, [...params]);
    const between = performance.now();
    await connection.query('commit');
    const ended = performance.now();
    times.push({ statements: between - started, commit: ended - between, both: ended - started });
  }
  const of = (part: keyof ReadTime) => median(times.map((time) => time[part]));
  return { statements: of('statements'), commit: of('commit'), both: of('both') };
}

/** The statements that a Worker of this kind sends for a read, with their parameters. */
async function statementsOfRead(
  variant: Variant,
  {
    database,
    keys,
    provider,
    patient,
  }: { database: BenchDatabase; keys: SalusKeys; provider: Session; patient: string },
): Promise<Statement[]> {
  const wire = await listenIn(database.neonUrl);
  const bundle = await bundleVariant(variant);
  const worker = await startSalus({
    bundle,
    keys,
    database: { ...database, neonUrl: wire.url },
    hasQueue: false,
  });
  const connection = openConnection(worker.url);
  try {
    // Twice: the first fetches the organization's keys as well.
    for (let read = 0; read < 2; read++) {
      wire.heard.length = 0;
      await connection.send(provider.call('patients.get', { id: patient }, 'TREAT'));
    }
    const [statements, ...others] = wire.heard;
    if (!statements || others.length > 0) throw new Error('a read is not one round trip');
    return statements;
  } finally {
    connection.close();
    await worker.stop();
    wire.server.close();
  }
}

/** Passes requests of the Neon driver on, and keeps the statements of each. */
async function listenIn(neonUrl: string): Promise<{ url: string; heard: Statement[][]; server: Server }> {
  const heard: Statement[][] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const parsed = JSON.parse(body.toString('utf8')) as Statement | { queries: Statement[] }; // Neon's own format
    heard.push('queries' in parsed ? parsed.queries : [parsed]);
    const headers = Object.entries(request.headers).filter(([name]) => name.startsWith('neon-'));
    const answer = await fetch(neonUrl, {
      method: 'POST',
      headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
      body,
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/sql`, heard, server };
}
