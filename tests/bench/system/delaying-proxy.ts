// What distance does to a database that is spoken to over its own protocol: whatever the client sends waits the latency
// before it goes on, and answers come at once. So a round trip is as much longer as a request to neon-local with the same
// latency is (its fault `latency`), whether it carries one message or a pipeline of them. Round trips and statements are
// counted as neon-local counts requests and statements.
import { connect as connectSocket, createServer, type Socket } from 'node:net';

export interface DelayingProxy {
  readonly port: number;
  latency(milliseconds: number): void;
  readonly counters: { requests: number; statements: number };
  close(): void;
}

const EXECUTE = 0x45;
const QUERY = 0x51;
const SYNC = 0x53;

export function startDelayingProxy(upstream: { host: string; port: number }): Promise<DelayingProxy> {
  let delay = 0;
  const counters = { requests: 0, statements: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const database = connectSocket({ ...upstream, noDelay: true });
    const count = messageCounter(counters);
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        database.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      count(bytes);
      // Timers of one length fire in the order in which they were set, so that nothing overtakes.
      if (delay === 0) database.write(bytes);
      else setTimeout(() => database.write(bytes), delay);
    });
    database.on('data', (bytes: Buffer) => client.write(bytes));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      resolve({
        port: address.port,
        latency: (milliseconds) => {
          delay = milliseconds;
        },
        counters,
        close: () => {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      });
    });
  });
}

/**
 * Counts messages of PostgreSQL's frontend protocol: each is a type and a length, but the first of a connection, which has
 * no type. Query and Sync end what is answered in one round trip; Query and Execute run a statement.
 */
function messageCounter(counters: { requests: number; statements: number }): (bytes: Buffer) => void {
  let left = Buffer.alloc(0);
  let isFirst = true;
  return (bytes) => {
    left = Buffer.concat([left, bytes]);
    for (;;) {
      const header = isFirst ? 0 : 1;
      if (left.length < header + 4) return;
      const length = header + left.readUInt32BE(header);
      if (left.length < length) return;
      const type = isFirst ? 0 : left[0];
      if (type === QUERY || type === SYNC) counters.requests += 1;
      if (type === QUERY || type === EXECUTE) counters.statements += 1;
      isFirst = false;
      left = left.subarray(length);
    }
  };
}
