// A way to the database that ends in the middle.
import { connect, createServer } from 'node:net';
import { listenOnLoopback } from './loopback.ts';

/** A way to a database, which ends as soon as these words are on it. */
export async function startCutting(to: URL, words: string): Promise<{ url: string; close(): void }> {
  const server = createServer((client) => {
    const database = connect(Number(to.port), to.hostname);
    for (const socket of [client, database]) socket.on('error', () => undefined);
    client.on('close', () => database.destroy());
    database.on('data', (bytes) => client.write(bytes));
    client.on('data', (bytes) => {
      if (bytes.includes(words)) client.destroy();
      else database.write(bytes);
    });
  });
  const url = new URL(to);
  url.port = String(await listenOnLoopback(server));
  return { url: url.href, close: () => server.close() };
}
