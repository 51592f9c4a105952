// API-15: a message whose end can be read in two ways, so that what one server takes for a body another takes for the next
// request (RFC 9112 §11.2). Whatever the server here makes of it, it is one request with one answer: of what follows,
// nothing is done. Written to the socket byte by byte, because no client would send it.
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';

let system: System;
let provider: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
});
afterAll(() => system.stop());

const END = '0\r\n\r\n';

/** The head of a request of the provider's, up to the headers that say where its body ends. */
function head(target: string, version = '1.1'): string {
  const headers = {
    host: new URL(system.url).host,
    ...provider.headers(),
    'content-type': 'application/json',
    'purpose-of-use': 'TREAT',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${target} HTTP/${version}\r\n${lines.join('')}`;
}

const LIST = 'POST /trpc/patients.list';

/** A request that leaves a record behind when it is taken for one. */
function hidden(): string {
  const body = JSON.stringify(somebody());
  return `${head('POST /trpc/patients.create')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** The statuses that come back until the server ends the connection. */
function statuses(text: string): Promise<number[]> {
  const { hostname, port } = new URL(system.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let reply = '';
    socket.setTimeout(20_000, () => socket.destroy(new Error(`not ended by the server after ${reply}`)));
    socket.on('data', (data) => {
      reply += data;
    });
    socket.on('error', reject);
    socket.on('close', () =>
      resolve([...reply.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))),
    );
  });
}

/** What the provider’s calls have left in the trail since the test began: type and outcome. */
async function done(): Promise<string[]> {
  const events = await trail(system, 'actor_id = $1 and recorded_at > $2::timestamptz', [
    provider.account.id,
    began,
  ]);
  return events.map(({ type, outcome }) => `${type} ${outcome}`);
}

let began: string;
beforeEach(async () => {
  const { rows } = await system.owner.query('select clock_timestamp()::text as now');
  began = rows[0].now;
});

describe('two requests on one connection', () => {
  it('are two when the first says where it ends, so that what the others hide would be seen', async () => {
    const last = `${head(LIST)}connection: close\r\ncontent-length: 2\r\n\r\n{}`;
    expect(await statuses(`${head(LIST)}content-length: 2\r\n\r\n{}${hidden()}${last}`)).toEqual([
      200, 200, 200,
    ]);
    expect(await done()).toEqual(['patient.list success', 'patient.create success', 'patient.list success']);
  });

  it.each(['GET', 'HEAD'])(
    'are not two when one is the body of a %s, which has none to read',
    async (get) => {
      const inner = hidden();
      const first = `${head(`${get} /healthz`)}content-length: ${Buffer.byteLength(inner)}\r\n\r\n${inner}`;
      const last = `${head('GET /healthz')}connection: close\r\n\r\n`;
      expect(await statuses(first + last)).toEqual([200, 200]);
      expect(await done()).toEqual([]);
    },
  );
});

describe('a length beside chunks', () => {
  it('that covers a second request hides none: the chunks count, and the connection ends with them', async () => {
    const body = chunk('{}') + END;
    const inner = hidden();
    const length = Buffer.byteLength(body + inner);
    const headers = `content-length: ${length}\r\ntransfer-encoding: chunked\r\n\r\n`;
    expect(await statuses(head(LIST) + headers + body + inner)).toEqual([200]);
    expect(await done()).toEqual(['patient.list success']);
  });

  it('that ends before a second request hides none: it is the body of the first, and no JSON', async () => {
    const body = chunk(hidden());
    const length = body.indexOf('\r\n') + 2;
    const headers = `transfer-encoding: chunked\r\ncontent-length: ${length}\r\n\r\n`;
    expect(await statuses(head(LIST) + headers + body + END)).toEqual([400]);
    expect(await done()).toEqual(['patient.list failed']);
  });

  it('is not what the chunks are held to: they are counted', async () => {
    const headers = 'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(await statuses(head(LIST) + headers + chunk(' '.repeat(1024 * 1024 + 1)) + END)).toEqual([413]);
    expect(await done()).toEqual([]);
  });
});

describe('a head that can be read in two ways', () => {
  it.each([
    ['two lengths', 'content-length: 2\r\ncontent-length: 700'],
    ['a list of lengths', 'content-length: 2, 2'],
    ['a length with a sign', 'content-length: +2'],
    ['a negative length', 'content-length: -2'],
    ['a hexadecimal length', 'content-length: 0x2'],
    ['a length beyond 64 bits', 'content-length: 18446744073709551618'],
    ['a coding that is none', 'content-length: 2\r\ntransfer-encoding: xchunked'],
    ['a coding after the chunks', 'content-length: 2\r\ntransfer-encoding: chunked, identity'],
    ['two codings', 'transfer-encoding: chunked\r\ntransfer-encoding: identity'],
    ['a space before the colon', 'content-length: 2\r\ntransfer-encoding : chunked'],
    ['a folded line', 'content-length: 2\r\nx-a: b\r\n transfer-encoding: chunked'],
    ['a carriage return alone', 'x-a: b\rtransfer-encoding: chunked\r\ncontent-length: 2'],
    ['a NUL', 'x-a: b\0\r\ncontent-length: 2'],
  ])('for %s is refused, and ends the connection', async (_, headers) => {
    expect(await statuses(`${head(LIST)}${headers}\r\n\r\n{}${hidden()}`)).toEqual([400]);
    expect(await done()).toEqual([]);
  });

  it('for chunks in HTTP/1.0, which knows none, is refused', async () => {
    const headers = 'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(await statuses(head(LIST, '1.0') + headers + chunk('{}') + END + hidden())).toEqual([400]);
    expect(await done()).toEqual([]);
  });

  it('that has no end is refused', async () => {
    const bomb = Array.from({ length: 2_000 }, (_, at) => `x-${at}: ${'a'.repeat(1_000)}\r\n`).join('');
    expect(await statuses(head(LIST) + bomb)).toEqual([431]);
    expect(await done()).toEqual([]);
  });
});

describe('chunks that can be read in two ways', () => {
  it.each([
    ['a size beyond 64 bits', '10000000000000002\r\n{}\r\n'],
    ['a negative size', '-2\r\n{}\r\n'],
    ['a size with a prefix', '0x2\r\n{}\r\n'],
    ['no carriage returns', '2\n{}\n'],
    ['more in them than their size', '2\r\n{} \r\n'],
  ])('for %s are refused, and end the connection', async (_, chunks) => {
    const text = `${head(LIST)}transfer-encoding: chunked\r\n\r\n${chunks}${END}${hidden()}`;
    expect(await statuses(text)).toEqual([400]);
    expect(await done()).toEqual([]);
  });
});
