// The deadline of a transaction: a database that says nothing is away, and one that has answered leaves no timer behind.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { expect, it, onTestFinished, vi } from 'vitest';
import { connect } from './database.ts';

/** Listens as Neon would, and answers with `body`, or never. */
async function listen(body: string | null): Promise<string> {
  const server = createServer((_, response) => {
    if (body !== null) response.end(body);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return `http://127.0.0.1:${port}/sql`;
}

const NO_ROWS = { fields: [], rows: [], rowCount: 0, command: 'SELECT' };
const URL_OF_NOBODY = 'postgres://nobody:none@db.test/none';

it('a database that never answers is away once the deadline has passed', async () => {
  const database = connect({ url: URL_OF_NOBODY, endpoint: await listen(null), timeout: 50 });
  await expect(database.transaction([sql`select 1`])).rejects.toMatchObject({ code: 'unavailable' });
});

it('the deadline ends with the answer', async () => {
  const started = vi.spyOn(globalThis, 'setTimeout');
  const ended = vi.spyOn(globalThis, 'clearTimeout');
  onTestFinished(() => void vi.restoreAllMocks());
  const endpoint = await listen(JSON.stringify(NO_ROWS));
  expect(await connect({ url: URL_OF_NOBODY, endpoint, timeout: 7654 }).transaction([sql`select 1`])).toEqual(
    [[]],
  );
  const at = started.mock.calls.findIndex(([, milliseconds]) => milliseconds === 7654);
  expect(at).not.toBe(-1);
  expect(ended).toHaveBeenCalledWith(started.mock.results[at]?.value);
});
