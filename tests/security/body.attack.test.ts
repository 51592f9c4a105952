// The body of a call, which anybody may send: how it is written, how large, how slow, what stands in it.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../harness/error-of.ts';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';

let system: System;
let provider: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
});
afterAll(() => system.stop());

const asProvider = () => ({ ...provider.headers(), 'purpose-of-use': 'TREAT' });

/** What is said to a call whose body never ends. @param part what comes of it each half a second; nothing, if nothing is said */
function replyTo(framing: string, part = ''): Promise<string> {
  const { hostname, port } = new URL(system.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST /trpc/patients.list HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`,
      );
    });
    const trickle = setInterval(() => socket.write(part), 500);
    socket.once('data', (data) => {
      clearInterval(trickle);
      socket.destroy();
      resolve(String(data));
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearInterval(trickle);
      reject(new Error('the connection was closed without an answer'));
    });
  });
}

describe('VAL-04, VAL-07: a body that is not what it should be', () => {
  it.each([
    [
      'invalid UTF-8',
      Uint8Array.of(...new TextEncoder().encode('{"'), 0xff, ...new TextEncoder().encode('":1}')),
    ],
    ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
    ['UTF-16', new Uint8Array(Buffer.from('{}', 'utf16le'))],
    ['no JSON', new TextEncoder().encode('{"limit":')],
  ])('%s is refused', async (_, body) => {
    const answer = await fetch(`${system.url}/trpc/patients.list`, {
      method: 'POST',
      headers: { ...asProvider(), 'content-type': 'application/json' },
      body,
    });
    expect(await errorOf(answer)).toMatchObject({ status: 400, appCode: 'request_malformed' });
  });

  it('over one mebibyte is refused before it has come, and one of just that is read', async () => {
    const size = 1024 * 1024;
    const reply = await replyTo(`content-length: ${size + 1}`);
    expect(reply).toMatch(/^HTTP\/1.1 413/);
    expect(reply).toContain('"appCode":"body_too_large"');
    const large = await system.post('/trpc/patients.list', `{"x":"${'a'.repeat(size - 8)}"}`, asProvider());
    expect(await errorOf(large)).toMatchObject({ status: 400, appCode: 'input_invalid' });
  });

  it('that does not say how long it is, is counted and read as it comes', async () => {
    const send = (...parts: Uint8Array[]) => {
      const body = new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(part);
          controller.close();
        },
      });
      const headers = { ...asProvider(), 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body, duplex: 'half' };
      return fetch(`${system.url}/trpc/patients.list`, init);
    };
    const bytes = (value: string) => new TextEncoder().encode(value);
    const accented = bytes('{"\u00e9":1}');
    const half = bytes(' '.repeat(512 * 1024));
    expect((await send(bytes('{"lim'), bytes('it":5}'))).status).toBe(200);
    expect((await send(half, half.slice(2), bytes('{}'))).status).toBe(200);
    // A character in two parts is one; half of one is none.
    expect(await errorOf(await send(accented.slice(0, 3), accented.slice(3)))).toMatchObject({
      appCode: 'input_invalid',
    });
    expect(await errorOf(await send(accented.slice(0, 3)))).toMatchObject({ appCode: 'request_malformed' });
    expect(await errorOf(await send(half, half, bytes('{')))).toMatchObject({ appCode: 'body_too_large' });
  });

  it('that trickles is refused after a while, whether it says how long it is or not', async () => {
    const replies = [
      replyTo('content-length: 1000', ' '),
      replyTo('transfer-encoding: chunked', '1\r\n \r\n'),
    ];
    for (const reply of await Promise.all(replies)) expect(reply).toMatch(/^HTTP\/1.1 400/);
  });

  it('200,000 levels deep, a list of 100,000 numbers and 100,000 keys are refused in time', async () => {
    const started = performance.now();
    for (const body of [
      '['.repeat(200_000) + ']'.repeat(200_000),
      `[${'1,'.repeat(99_999)}1]`,
      `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join(',')}}`,
    ]) {
      expect((await system.post('/trpc/patients.list', body, asProvider())).status).toBeGreaterThanOrEqual(
        400,
      );
    }
    expect(performance.now() - started).toBeLessThan(20_000);
    expect((await system.post('/trpc/patients.list', {}, asProvider())).status).toBe(200);
  });

  it.each([
    ['an unknown key', { limit: 5, order: 'name' }],
    ['a number as text', { limit: '5' }],
    ['too many', { limit: 101 }],
    ['none', { limit: 0 }],
    ['a fraction', { limit: 1.5 }],
    ['a cursor that was made up', { cursor: 'AAAA' }],
    ['a prototype', JSON.parse('{"__proto__":{"limit":5}}')],
  ])('%s is refused, and the answer repeats nothing of it', async (_, body) => {
    const answer = await system.post('/trpc/patients.list', body, asProvider());
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain('name');
  });

  it.each(['\\u0000', '\\ud800', '\\u2028'])('%s in a name is refused', async (text) => {
    const body = JSON.stringify(somebody({ name: { family: 'X', given: [] } })).replace('"X"', `"a${text}b"`);
    const answer = await system.post('/trpc/patients.create', body, asProvider());
    expect(await errorOf(answer)).toMatchObject({
      status: 400,
      appCode: 'input_invalid',
      fieldErrors: [{ path: ['name', 'family'] }],
    });
  });
});
