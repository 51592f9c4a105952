// CRY-17: the key service fails in the middle of a request. The real Worker against a key service that goes away, hangs, or
// does not let it use the key: 503, nothing written, nothing disclosed, and the trail says so.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';
import { startAwsKms } from '../key-services/aws-kms.ts';
import type { KeyService } from '../key-services/key-service.ts';

let kms: KeyService;
let system: System;
let provider: SignedIn;
let patientId: string;
beforeAll(async () => {
  kms = await startAwsKms();
  system = await startSystem({ keys: kms.variables });
  provider = await system.signedIn('provider');
  ({ id: patientId } = await provider.client.patients.create(somebody(), { purpose: 'TREAT' }));
});
afterAll(async () => {
  await system.stop();
  await kms.stop();
});

const call = (path: string, input: unknown) => {
  const session = path.startsWith('auth.') ? {} : provider.headers();
  return system.post(`/trpc/${path}`, input, { ...session, 'purpose-of-use': 'TREAT' });
};

async function counts(): Promise<unknown> {
  const { rows } = await system.owner.query(
    `select (select count(*)::int from salus.patients) as patients,
            (select count(*)::int from salus.patient_keys) as keys,
            (select count(*)::int from salus.sessions) as sessions,
            (select count(*)::int from salus.audit_events where outcome = 'success') as successes`,
  );
  return rows[0];
}

/** Waits until calls are answered again: the isolate asks the service anew after some seconds. */
async function untilAnswered(): Promise<void> {
  for (let i = 0; i < 60; i++) {
    if ((await call('patients.get', { id: patientId })).status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  expect.fail('not answered in time');
}

describe('CRY-17: when the key service', () => {
  it.each<[string, string, () => unknown, () => unknown]>([
    ['is gone', 'unavailable', () => kms.goAway(), () => kms.comeBack()],
    ['hangs', 'unavailable', () => kms.fail('hang'), () => kms.recover()],
    ['is called too often', 'throttled', () => kms.fail('throttled'), () => kms.recover()],
    ['answers a flood', 'unavailable', () => kms.fail('huge'), () => kms.recover()],
    [
      'denies the key',
      'denied',
      () => Object.assign(kms.does, { deny: true }),
      () => Object.assign(kms.does, { deny: false }),
    ],
    [
      'has disabled the key',
      'key_disabled',
      () => Object.assign(kms.does, { disable: true }),
      () => Object.assign(kms.does, { disable: false }),
    ],
    [
      'answers another key',
      'unwrap_failed',
      () => Object.assign(kms.does, { lie: true }),
      () => Object.assign(kms.does, { lie: false }),
    ],
  ])(
    '%s, a fresh isolate answers 503, writes nothing, and records that it did',
    { timeout: 60_000 },
    async (_, code, fail, mend) => {
      const before = await counts();
      // What nobody has signed in for is counted after the first time: each of these is to be a first time.
      await system.owner.query('delete from salus.refusal_windows');
      const printedBefore = system.printed.length;
      await system.restartWorker();
      await fail();
      const requests: string[] = [];
      try {
        for (const [path, input] of [
          ['patients.get', { id: patientId }],
          ['patients.create', somebody()],
          ['patients.update', { id: patientId, version: 1, phone: '+1 555 000 1111' }],
          ['auth.signIn', { email: provider.account.email, password: provider.account.password }],
        ] as const) {
          const answer = await call(path, input);
          expect(answer.status, path).toBe(503);
          expect(answer.headers.get('retry-after')).toBe('5');
          const said = await answer.text();
          expect(said).toContain('Not available at the moment');
          expect(said).not.toMatch(/MRN-|kms|arn:|Key|amazon/);
          requests.push(answer.headers.get('x-request-id') ?? '');
        }
      } finally {
        await mend();
      }
      expect(await counts()).toEqual(before);
      const rows = await trail(system, 'request_id = any($1)', [requests]);
      expect(rows.map(({ type, outcome, details }) => ({ type, outcome, details }))).toEqual(
        ['patient.read', 'patient.create', 'patient.update', 'sign_in.password'].map((type) => ({
          type,
          outcome: 'failed',
          details: { reason: 'unavailable', origin: 'key_unavailable' },
        })),
      );
      const printed = system.printed.slice(printedBefore).join('\n');
      expect(printed).toContain(`KeyProviderError ${code}`);
      for (const secret of kms.secrets) expect(printed).not.toContain(secret);
      await untilAnswered();
    },
  );

  it('is gone, an isolate that has the keys at hand goes on', async () => {
    await untilAnswered();
    await kms.goAway();
    try {
      expect((await call('patients.get', { id: patientId })).status).toBe(200);
      expect((await call('patients.create', somebody())).status).toBe(200);
    } finally {
      await kms.comeBack();
    }
  });

  it('fails, it is asked by one call and spared by those that follow at once', async () => {
    await system.restartWorker();
    kms.fail('throttled');
    try {
      expect((await call('patients.get', { id: patientId })).status).toBe(503);
      const asked = kms.requests.length;
      for (let i = 0; i < 5; i++) expect((await call('patients.get', { id: patientId })).status).toBe(503);
      expect(kms.requests.length).toBe(asked);
    } finally {
      kms.recover();
    }
    await untilAnswered();
  });

  it('fails, the Worker is not ready, and says why by a code', async () => {
    await system.restartWorker();
    kms.does.deny = true;
    try {
      expect((await fetch(`${system.url}/readyz`)).status).toBe(503);
      expect(system.printed.join('\n')).toContain('"not_ready","error":"KeyProviderError denied"');
      expect((await fetch(`${system.url}/healthz`)).status).toBe(200);
    } finally {
      kms.does.deny = false;
    }
  });
});
