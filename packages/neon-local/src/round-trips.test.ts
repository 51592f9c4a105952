// What a request costs between neon-local and PostgreSQL, seen on the wire: the messages of each turn, a turn being what one
// side sends before the other answers.
import { connect as connectSocket, createServer, type Server } from 'node:net';
import { neon, neonConfig } from '@neondatabase/serverless';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NeonLocal, startNeonLocal } from './neon-local.ts';
import { startTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
let wiretap: Server;
let tapped: NeonLocal;
let sql: ReturnType<typeof neon<false, false>>;
let turns: Buffer[];
let answered = true;

beforeAll(async () => {
  database = await startTestDatabase();
  wiretap = createServer((client) => {
    const server = connectSocket(database.postgres.port, '127.0.0.1');
    client.on('data', (bytes) => {
      if (answered) turns.push(Buffer.alloc(0));
      answered = false;
      turns.push(Buffer.concat([turns.pop() ?? Buffer.alloc(0), bytes]));
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      answered = true;
      client.write(bytes);
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => wiretap.listen(0, '127.0.0.1', resolve));
  const address = wiretap.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  tapped = await startNeonLocal({ upstream: { host: '127.0.0.1', port: address.port } });
  neonConfig.fetchEndpoint = () => tapped.url;
  sql = neon(database.url);
});
afterAll(async () => {
  await tapped.close();
  await new Promise((resolve) => wiretap.close(resolve));
  await database.stop();
});

/** The turns of `work` on a connection that is there already, up to the cleaning that follows the answer. */
async function turnsOf(work: () => Promise<unknown>): Promise<string[]> {
  for (;;) {
    turns = [];
    await work();
    await expect.poll(() => turns.map(messages).at(-1)).toMatch(/^Q:ROLLBACK; CLOSE ALL/);
    const seen = turns.map(messages).slice(0, -1);
    // The connection of the request before was still being cleaned, or there was none: this one had to be opened first.
    if (!seen.some(isGreeting)) return seen;
  }
}

/** A new connection begins with a message that has no type. */
function isGreeting(turn: string): boolean {
  return turn.startsWith('\0');
}

/** Their types, with the SQL of Query (Q) and Parse (P): one letter and a length that counts itself, then the content. */
function messages(turn: Buffer): string {
  const found: string[] = [];
  for (let at = 0; at + 5 <= turn.length; ) {
    const type = String.fromCharCode(turn[at] ?? 0);
    const end = at + 1 + turn.readInt32BE(at + 1);
    const text = turn.toString('utf8', type === 'P' ? at + 6 : at + 5, end);
    found.push(type === 'P' || type === 'Q' ? `${type}:${text.split('\0')[0]}` : type);
    at = end;
  }
  return found.join(' ');
}

it('a single statement is one', async () => {
  expect(await turnsOf(() => sql`select ${'x'}::text`)).toEqual(['P:select $1::text B D E S']);
});

it('a batch is one for BEGIN and all its statements, and one for COMMIT', async () => {
  expect(await turnsOf(() => sql.transaction([sql`select 1`, sql`select ${2}::int`, sql`select 3`]))).toEqual(
    ['P:BEGIN B D E P:select 1 B D E P:select $1::int B D E P:select 3 B D E S', 'Q:COMMIT'],
  );
});

it('a batch that fails has sent no COMMIT', async () => {
  await expect(
    turnsOf(() => expect(sql.transaction([sql`select 1/0`, sql`select 2`])).rejects.toThrow('division')),
  ).resolves.toEqual(['P:BEGIN B D E P:select 1/0 B D E P:select 2 B D E S', 'Q:ROLLBACK']);
});
