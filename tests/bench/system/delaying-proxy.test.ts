// The proxy is what makes the peers' distance the same as ours: a round trip through it waits once, whatever it carries.
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DelayingProxy, startDelayingProxy } from './delaying-proxy.ts';

let upstream: Server;
let proxy: DelayingProxy;
let received: Buffer[];

beforeEach(async () => {
  received = [];
  upstream = createServer((socket: Socket) => socket.on('data', (bytes) => received.push(bytes)));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const address = upstream.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  proxy = await startDelayingProxy({ host: '127.0.0.1', port });
});

afterEach(() => {
  proxy.close();
  upstream.close();
});

/** A message of PostgreSQL's frontend protocol. */
function message(type: string, content: string): Buffer {
  const body = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const STARTUP = message('', 'user');

async function sendAll(parts: readonly Buffer[]): Promise<void> {
  const { connect } = await import('node:net');
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  for (const part of parts) socket.write(part);
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  while (Buffer.concat(received).length < total) await new Promise((resolve) => setTimeout(resolve, 5));
  socket.destroy();
}

describe('the delaying proxy', () => {
  it('counts a pipeline as one round trip, with all its statements', async () => {
    const pipeline = [
      message('P', 'a'),
      message('B', 'b'),
      message('E', 'c'),
      message('E', 'd'),
      message('S', ''),
    ];
    await sendAll([STARTUP, Buffer.concat(pipeline), message('Q', 'select')]);
    expect(proxy.counters).toEqual({ requests: 2, statements: 3 });
  });

  it('counts a message that arrives in pieces once', async () => {
    const query = message('Q', 'select 1');
    await sendAll([STARTUP, query.subarray(0, 3), query.subarray(3)]);
    expect(proxy.counters).toEqual({ requests: 1, statements: 1 });
  });

  it('passes everything on in its order, late or not', async () => {
    proxy.latency(20);
    const parts = ['one', 'two', 'three'].map((text) => message('Q', text));
    await sendAll([STARTUP, ...parts]);
    expect(Buffer.concat(received)).toEqual(Buffer.concat([STARTUP, ...parts]));
  });
});
