// The surface that anybody on the network can reach: methods, content types, origins, headers, errors.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../harness/error-of.ts';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { eventsOf } from '../harness/trail.ts';

let system: System;
let provider: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
});
afterAll(() => system.stop());

let callers = 0;
const asProvider = () => ({ ...provider.headers(), 'purpose-of-use': 'TREAT' });

describe('API-01, API-02: a call that is not a POST', () => {
  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('%s is refused', async (method) => {
    const url = `${system.url}/trpc/patients.list?input=${encodeURIComponent('{}')}`;
    const answer = await fetch(url, { method, headers: asProvider() });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it.each(['patients.list', 'patients.list,patients.get?batch=1', 'nothing', ''])(
    'HEAD of /trpc/%s is refused without a word, which is an event; OPTIONS does nothing at all',
    async (path) => {
      callers += 1;
      const headers = { ...asProvider(), 'cf-connecting-ip': `203.0.113.${callers}` };
      const send = (method: string) => fetch(`${system.url}/trpc/${path}`, { method, headers });
      const [options, head] = [await send('OPTIONS'), await send('HEAD')];
      expect([options.status, await options.text()]).toEqual([204, '']);
      expect([head.status, await head.text()]).toEqual([405, '']);
      expect(head.headers.get('allow')).toBe('POST');
      await expect
        .poll(() => eventsOf(system, head))
        .toMatchObject([{ type: 'request.refused', details: { reason: 'method_not_allowed' } }]);
      expect(await eventsOf(system, options)).toEqual([]);
    },
  );

  it('OPTIONS with the body of a mutation runs none', async () => {
    const record = somebody();
    const headers = { ...asProvider(), 'content-type': 'application/json' };
    const body = JSON.stringify(record);
    const init = { method: 'OPTIONS', headers, body };
    expect((await fetch(`${system.url}/trpc/patients.create`, init)).status).toBe(204);
    const found = () => provider.client.patients.search({ mrn: record.mrn }, { purpose: 'TREAT' });
    expect((await found()).items).toEqual([]);
    expect((await fetch(`${system.url}/trpc/patients.create`, { ...init, method: 'POST' })).status).toBe(200);
    expect((await found()).items).toHaveLength(1);
  });
});

describe('API-01: /healthz', () => {
  it('answers HEAD as GET, without the body, and no other method', async () => {
    const send = (method: string) => fetch(`${system.url}/healthz`, { method });
    const head = await send('HEAD');
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
      200,
      'application/json',
      '',
    ]);
    for (const method of ['OPTIONS', 'POST', 'PUT', 'DELETE']) {
      expect(await errorOf(await send(method)), method).toMatchObject({ status: 404, appCode: 'not_found' });
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

describe('API-05: an origin that is listed', () => {
  it('may make calls and read their answers, refusals too, without credentials; no other may', async () => {
    const listed = 'https://app.clinic.example';
    const other = 'https://app.clinic.example.evil.example';
    const ours = await startSystem({ bindings: { ALLOWED_ORIGINS: listed } });
    const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');
    const preflight = (origin: string) =>
      fetch(`${ours.url}/trpc/patients.list`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    try {
      const { headers } = await preflight(listed);
      expect(headers.get('access-control-allow-origin')).toBe(listed);
      expect(headers.get('access-control-allow-methods')).toBe('POST');
      expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type,purpose-of-use');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(allowed(await preflight(other))).toBeNull();

      const doctor = await ours.signedIn('provider');
      const call = (origin: string, more: Record<string, string> = {}) =>
        ours.post('/trpc/patients.list', {}, { ...doctor.headers(), origin, ...more });
      const answers = [
        await call(listed, { 'purpose-of-use': 'TREAT' }),
        await call(listed),
        await call(listed, { 'content-type': 'text/plain' }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 403, 415]);
      expect(answers.map(allowed)).toEqual([listed, listed, listed]);
      const refused = await call(other, { 'purpose-of-use': 'TREAT' });
      expect([refused.status, allowed(refused)]).toEqual([403, null]);
    } finally {
      await ours.stop();
    }
  });

  it('and so may the Worker’s own', async () => {
    const own = { ...asProvider(), origin: system.url };
    expect((await system.post('/trpc/patients.list', {}, own)).status).toBe(200);
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
    await system.owner.query(
      'alter function salus.audit_row_own(salus.audit_events) rename to audit_row_gone',
    );
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
      await system.owner.query(
        'alter function salus.audit_row_gone(salus.audit_events) rename to audit_row_own',
      );
    }
  });

  it('of a procedure that does not exist does not repeat its name', async () => {
    const answer = await system.post('/trpc/patients.ssn-123-45-6789', {}, asProvider());
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('6789');
  });
});

describe('API-09: plain HTTP', () => {
  it.each([
    'http://clinic.example/healthz',
    'http://localhost.clinic.example/healthz',
    'http://127.0.0.1.clinic.example/healthz',
    'http://127.0.0.100/healthz',
    'http://clinic.example/http://localhost/healthz',
    'http://clinic.example/@localhost/healthz',
  ])('%s is refused in development, where nothing but the machine itself may', async (url) => {
    expect((await system.worker.dispatchFetch(url)).status).toBe(403);
  });

  it.each(['http://localhost/healthz', 'http://LOCALHOST:8787/healthz', 'http://[::1]:8787/healthz'])(
    '%s is the machine itself',
    async (url) => expect((await system.worker.dispatchFetch(url)).status).toBe(200),
  );

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
