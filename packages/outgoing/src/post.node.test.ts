// API-23: what the other side may try. In workerd the same servers are tried in tests/faults/siem-trouble.test.ts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutgoingError } from './errors.ts';
import { patienceOf, post } from './post.ts';

const asked: string[] = [];
let written = 0;
const ANSWERS: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  '/ok': (response) => response.end('thank you'),
  '/accepted': (response) => response.writeHead(202).end(),
  '/none': (response) => response.writeHead(204).end(),
  '/moved': (response) => response.writeHead(307, { location: '/canary' }).end(),
  '/elsewhere': (response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
  '/unchanged': (response) => response.writeHead(304).end(),
  '/refused': (response) => response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>canary</h1>'),
  '/failed': (response) => response.writeHead(500).end('canary'),
  '/silent': () => undefined,
  '/cut': (response) => response.destroy(),
  '/huge': (response) => {
    response.writeHead(500);
    const pour = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536;
    };
    response.on('drain', pour);
    pour();
  },
};

const server = createServer((request, response) => {
  const path = request.url ?? '';
  asked.push(path);
  request.resume();
  request.on('end', () => (ANSWERS[path] ?? ANSWERS['/ok'])?.(response, request));
});
const notHttp = createTcpServer((socket) => {
  socket.on('error', () => undefined);
  socket.end('220 smtp.example ESMTP\r\n');
});

function portOf(listening: Pick<Server, 'address'>): number {
  const address = listening.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return address.port;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => notHttp.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  notHttp.close();
});

/** `delivered`, or the error as it would be told. */
async function outcome(path: string, port = portOf(server), timeout = 2_000): Promise<string> {
  const url = new URL(path, `http://127.0.0.1:${port}`);
  try {
    await post({
      url,
      headers: { 'content-type': 'text/plain' },
      body: new TextEncoder().encode('x'),
      timeout,
    });
    return 'delivered';
  } catch (error) {
    expect(error).toBeInstanceOf(OutgoingError);
    return String(error);
  }
}

it.each([
  ['0', 0],
  ['120', 120_000],
  ['86400', 3_600_000],
  ['9'.repeat(400), 3_600_000],
  ['Tue, 24 Nov 2026 10:10:00 GMT', 600_000],
  ['Tue, 24 Nov 2026 09:00:00 GMT', 0],
  ['', 0],
  ['-5', 0],
  ['soon', 0],
])('Retry-After: %s asks for %i milliseconds', (header, expected) => {
  expect(patienceOf(header, Date.parse('2026-11-24T10:00:00Z'))).toBe(expected);
});

describe('a delivery', () => {
  it.each(['/ok', '/accepted', '/none'])('is one when the answer is 2xx: %s', async (path) => {
    expect(await outcome(path)).toBe('delivered');
  });

  it.each([
    ['/moved', 'redirected'],
    ['/elsewhere', 'redirected'],
    ['/unchanged', 'redirected'],
    ['/refused', 'refused'],
    ['/failed', 'failed'],
    ['/cut', 'unreachable'],
  ])('is none when it is anything else, which is told by a code alone: %s, %s', async (path, code) => {
    expect(await outcome(path)).toBe(`OutgoingError: ${code}`);
  });

  it('goes where it was sent, and nowhere that an answer names', () => {
    expect(asked).toContain('/moved');
    expect(asked).not.toContain('/canary');
  });

  it('is given up when no answer begins in time', async () => {
    expect(await outcome('/silent', portOf(server), 200)).toBe('OutgoingError: timed_out');
  });

  it('does not read an answer that never ends', async () => {
    expect(await outcome('/huge')).toBe('OutgoingError: failed');
    const before = written;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(written).toBe(before);
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('fails where nobody is, and where nobody speaks HTTP', async () => {
    expect(await outcome('/', 1)).toBe('OutgoingError: unreachable');
    expect(await outcome('/', portOf(notHttp))).toBe('OutgoingError: unreachable');
  });
});
