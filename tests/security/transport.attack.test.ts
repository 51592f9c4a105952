// The surface that anybody on the network can reach: methods, content types, bodies, headers, errors.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

async function errorOf(answer: Response) {
  const { error } = (await answer.json()) as { error: { message: string; data: Record<string, unknown> } };
  return { status: answer.status, ...error.data, message: error.message };
}

describe('API-01, API-02: a call that is not a POST', () => {
  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('%s is refused', async (method) => {
    const url = `${system.url}/trpc/patients.list?input=${encodeURIComponent('{}')}`;
    const answer = await fetch(url, { method, headers: asProvider() });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it('HEAD and OPTIONS do nothing either', async () => {
    for (const method of ['HEAD', 'OPTIONS']) {
      const answer = await fetch(`${system.url}/trpc/patients.list`, { method, headers: asProvider() });
      expect(await answer.text()).toBe('');
    }
  });
});

describe('API-03: a content type that is not JSON', () => {
  it.each([
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-16',
    'application/jsonp',
    '',
  ])('%j is refused, and a mutation without input is not run', async (type) => {
    const answer = await fetch(`${system.url}/trpc/auth.signOut`, {
      method: 'POST',
      headers: { ...provider.headers(), 'content-type': type },
      body: new Uint8Array(),
    });
    expect(await errorOf(answer)).toMatchObject({ status: 415, appCode: 'content_type_not_supported' });
    expect((await system.post('/trpc/patients.list', {}, asProvider())).status).toBe(200);
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"'])(
    '%j is taken',
    async (type) => {
      expect(
        (await system.post('/trpc/patients.list', {}, { ...asProvider(), 'content-type': type })).status,
      ).toBe(200);
    },
  );
});

describe('VAL-04, VAL-07: a body that is not what it should be', () => {
  it.each([
    ['invalid UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)],
    ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
    ['UTF-16', new Uint8Array(Buffer.from('{}', 'utf16le'))],
    ['no JSON', new TextEncoder().encode('{"limit":')],
  ])('%s is refused', async (_, body) => {
    const answer = await fetch(`${system.url}/trpc/patients.list`, {
      method: 'POST',
      headers: { ...asProvider(), 'content-type': 'application/json' },
      body,
    });
    expect(await errorOf(answer)).toMatchObject({ status: 400 });
  });

  it('over one mebibyte is refused, and one of just that is read', async () => {
    const tooLarge = await system.post(
      '/trpc/patients.list',
      `{"x":"${'a'.repeat(1024 * 1024)}"}`,
      asProvider(),
    );
    expect(await errorOf(tooLarge)).toMatchObject({ status: 413, appCode: 'body_too_large' });
    const large = await system.post(
      '/trpc/patients.list',
      `{"x":"${'a'.repeat(1024 * 1024 - 8)}"}`,
      asProvider(),
    );
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
    const { hostname, port } = new URL(system.url);
    const replyTo = (framing: string, part: string) =>
      new Promise<string>((resolve, reject) => {
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
      });
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

describe('MFA-08, API-13: a batch', () => {
  it('of eleven is refused before any of it runs, however it is spelled', async () => {
    const path = (separator: string) =>
      `/trpc/${Array.from({ length: 11 }, () => 'auth.signIn').join(separator)}?batch=1`;
    for (const separator of [',', '%2C', '%2c']) {
      const answer = await system.post(path(separator), {});
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(await errorOf(answer)).toMatchObject({ status: 400, appCode: 'batch_too_large' });
    }
  });

  it('answers and records each call by itself', async () => {
    const { id } = await provider.client.patients.create(somebody(), { purpose: 'TREAT' });
    const body = { 0: { id }, 1: { id: crypto.randomUUID() }, 2: { id: 'x' } };
    const answer = await system.post(
      '/trpc/patients.get,patients.get,patients.get?batch=1',
      body,
      asProvider(),
    );
    expect(answer.status).toBe(207);
    const requestId = answer.headers.get('x-request-id');
    const { rows } = await system.owner.query(
      'select outcome from salus.audit_events where request_id = $1 order by outcome',
      [requestId],
    );
    expect(rows.map(({ outcome }) => outcome)).toEqual(['denied', 'failed', 'success']);
  });
});

describe('API-05: another origin', () => {
  it.each(['https://evil.example', 'null', 'https://127.0.0.1.evil.example', 'http://localhost:1'])(
    '%s is refused, and is never told that it may',
    async (origin) => {
      const answer = await system.post('/trpc/patients.list', {}, { ...asProvider(), origin });
      expect(answer.status).toBe(403);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    },
  );

  it('a cross-site request without an origin is refused too', async () => {
    const answer = await system.post(
      '/trpc/patients.list',
      {},
      { ...asProvider(), 'sec-fetch-site': 'cross-site' },
    );
    expect(answer.status).toBe(403);
  });
});

describe('API-07, API-18: every answer', () => {
  it.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/.well-known/jwks.json', 200],
    ['/nowhere', 404],
    ['/log/x/2026/checkpoint', 404],
    ['/log/00000000-0000-0000-0000-000000000000/2026/../../secrets', 404],
    ['/trpc/patients.list', 405],
  ])(
    '%s is %i, with the headers that keep a browser safe, and says nothing of the system',
    async (path, status) => {
      const answer = await fetch(system.url + path);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('strict-transport-security')).toMatch(
        /^max-age=63072000; includeSubDomains$/,
      );
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(answer.headers.get('x-powered-by')).toBeNull();
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      const cacheable = path.includes('jwks');
      expect(answer.headers.get('cache-control')).toBe(cacheable ? 'public, max-age=300' : 'no-store');
      expect(await answer.text()).not.toMatch(/postgres|salus_app|stack|version|node_modules/i);
    },
  );

  it('the key set has public members alone', async () => {
    const { keys } = (await (await fetch(`${system.url}/.well-known/jwks.json`)).json()) as {
      keys: object[];
    };
    expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
    ]);
  });

  it('API-19: a request id of the caller is not taken', async () => {
    const chosen = crypto.randomUUID();
    const answer = await fetch(`${system.url}/healthz`, { headers: { 'x-request-id': chosen } });
    expect(answer.headers.get('x-request-id')).not.toBe(chosen);
  });

  it('API-15: conflicting lengths are refused by the server', async () => {
    const { hostname, port } = new URL(system.url);
    const reply = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          'POST /trpc/patients.list HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n',
        );
      });
      let text = '';
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
    });
    expect(reply).not.toMatch(/^HTTP\/1.1 200/);
  });
});

describe('API-10: an error', () => {
  it('of the database is one generic message with a request id', async () => {
    const before = somebody();
    await provider.client.patients.create(before, { purpose: 'TREAT' });
    const twin = await system.post('/trpc/patients.create', { ...somebody(), mrn: before.mrn }, asProvider());
    const text = await twin.clone().text();
    expect(await errorOf(twin)).toMatchObject({ status: 409, appCode: 'mrn_taken' });
    expect(text).not.toMatch(/duplicate|constraint|patients_mrn|insert|detail|stack/i);
    expect(text).not.toContain(before.mrn);
  });

  it('in a statement that does not exist any more says nothing of it, outside or in the log', async () => {
    await system.owner.query('alter function salus.audit_row(salus.audit_events) rename to audit_row_gone');
    try {
      const printed = system.printed.length;
      const record = somebody();
      const answer = await system.post('/trpc/patients.create', record, asProvider());
      const text = await answer.text();
      expect(answer.status).toBe(500);
      expect(text).toContain('Internal error.');
      for (const said of [text, system.printed.slice(printed).join('\n')]) {
        expect(said).not.toMatch(/audit_row|select|insert|function|at .*\.js/i);
        expect(said).not.toContain(record.name.family);
      }
    } finally {
      await system.owner.query('alter function salus.audit_row_gone(salus.audit_events) rename to audit_row');
    }
  });

  it('of a procedure that does not exist does not repeat its name', async () => {
    const answer = await system.post('/trpc/patients.ssn-123-45-6789', {}, asProvider());
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('6789');
  });
});

describe('API-09: plain HTTP', () => {
  it('is refused outside development, never redirected', async () => {
    const production = await startSystem({
      bindings: {
        SALUS_ENVIRONMENT: 'production',
        ISSUER: 'https://salus.test',
        DATABASE_ENDPOINT: 'https://127.0.0.1:1/sql',
      },
    });
    try {
      for (const path of ['/trpc/auth.signIn', '/healthz', '/.well-known/jwks.json']) {
        const answer = await fetch(production.url + path, { method: 'POST', redirect: 'manual' });
        expect(await errorOf(answer)).toMatchObject({ status: 403, appCode: 'transport_insecure' });
        expect(answer.headers.get('location')).toBeNull();
      }
      const secure = await production.worker.dispatchFetch('https://salus.test/healthz');
      expect(secure.status).toBe(200);
    } finally {
      await production.stop();
    }
  });

  it('REL-12: a configuration with faults serves nothing, and names them all', async () => {
    const broken = await startSystem({ bindings: { SALUS_ROOT_KEY: 'short', LOG_ORIGIN: 'not a host' } });
    try {
      expect((await fetch(`${broken.url}/healthz`)).status).toBe(503);
      expect((await broken.post('/trpc/auth.signIn', {})).status).toBe(503);
      expect(broken.printed.join('\n')).toContain('SALUS_ROOT_KEY, LOG_ORIGIN');
    } finally {
      await broken.stop();
    }
  });
});
