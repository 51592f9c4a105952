// A way to the database that ends in the middle.
import { connect, createServer } from 'node:net';

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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const url = new URL(to);
  url.port = String(address.port);
  return { url: url.href, close: () => server.close() };
}
