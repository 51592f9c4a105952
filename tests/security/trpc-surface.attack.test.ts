// What tRPC itself would take from anybody: streams, batches that mix, spellings of a path. What it refuses before any call has
// the same answer as every refusal, and is an event.
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

/** A call from an address that nobody has called from. */
function call(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  callers += 1;
  const from = { 'purpose-of-use': 'TREAT', 'cf-connecting-ip': `203.0.113.${callers}` };
  return system.post(`/trpc/${path}`, body, { ...provider.headers(), ...from, ...headers });
}

async function expectRefused(answer: Response, appCode: string): Promise<void> {
  expect(answer.headers.get('content-type')).toBe('application/json');
  const requestId = answer.headers.get('x-request-id');
  expect(await errorOf(answer)).toMatchObject({ status: 400, appCode, requestId });
  await expect
    .poll(() => eventsOf(system, answer))
    .toMatchObject([{ type: 'request.refused', details: { reason: appCode } }]);
}

describe('API-10, API-13: a request that is refused as a whole', () => {
  it.each([
    ['parameters of a connection that are not JSON', 'patients.list?connectionParams=x'],
    ['parameters of a connection that are not texts', 'patients.list?connectionParams={"a":1}'],
    ['a path that is no encoding', 'patients.list%zz'],
    ['a path that is not UTF-8', '%E0%A4%A'],
  ])('for %s has the one form, with its id, and is an event', async (_, path) => {
    await expectRefused(await call(path, {}), 'request_malformed');
  });

  it('for a batch of queries and mutations has it too, and none of it is run', async () => {
    const record = somebody();
    const body = { 0: {}, 1: record };
    await expectRefused(await call('patients.list,patients.create?batch=1', body), 'request_malformed');
    const found = await provider.client.patients.search({ mrn: record.mrn }, { purpose: 'TREAT' });
    expect(found.items).toEqual([]);
  });
});

describe('API-03: an answer in a stream', () => {
  it.each([
    ['trpc-accept', 'application/jsonl'],
    ['accept', 'application/jsonl'],
    ['accept', 'application/json, application/jsonl'],
  ])('is not to be had by %s: %s, in a batch or without', async (name, value) => {
    const record = somebody();
    await expectRefused(await call('patients.list', {}, { [name]: value }), 'request_malformed');
    const batch = await call('patients.create?batch=1', { 0: record }, { [name]: value });
    await expectRefused(batch, 'request_malformed');
    const found = await provider.client.patients.search({ mrn: record.mrn }, { purpose: 'TREAT' });
    expect(found.items).toEqual([]);
  });
});

describe('API-13: what no procedure is called', () => {
  it.each(['__proto__', 'constructor', 'patients', 'patients.__proto__', 'patients/list', '/patients.list'])(
    '%s is not found, which is an event',
    async (path) => {
      const answer = await call(path, {});
      expect(await errorOf(answer)).toMatchObject({ status: 404, appCode: 'not_found' });
      await expect
        .poll(() => eventsOf(system, answer))
        .toMatchObject([{ type: 'request.refused', details: { reason: 'not_found' } }]);
    },
  );

  it.each(['[{}]', '"x"', 'null', '{"-1":{},"00":{},"1":{}}', '{"__proto__":{"0":{"limit":1}}}'])(
    'and a batch of %s gives its call no input',
    async (body) => {
      const answer = await call('patients.list?batch=1', body);
      expect(answer.status).toBe(400);
      expect(await eventsOf(system, answer)).toMatchObject([{ type: 'patient.list', outcome: 'failed' }]);
    },
  );
});
