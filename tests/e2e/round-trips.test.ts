// Each procedure goes to Postgres as often as it declares, and no more (DESIGN.md, invariant 3). The router is enumerated:
// a new procedure that is not called here fails.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callsOf, PROCEDURES } from '../harness/calls.ts';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { untilLogged } from '../harness/trail.ts';

let system: System;
let provider: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
  await provider.client.patients.list({}, { purpose: 'TREAT' }); // the organization's keys are at hand from here on
});
afterAll(() => system.stop());
beforeEach(() => system.neonLocal.resetCounters());

const TREAT = { purpose: 'TREAT' } as const;

describe('round trips to Postgres', () => {
  it.each(PROCEDURES)('$path', async ({ path, meta }) => {
    const call = await callsOf(system, provider)[path]?.();
    if (!call) throw new Error(`${path} is not called here`);
    // The queue's consumer goes to Postgres too. It has nothing left to do, and waits a second before its next batch.
    await untilLogged(system);
    system.neonLocal.resetCounters();
    await call();
    const { roundTrips } = meta;
    const allowed = typeof roundTrips === 'number' ? roundTrips : roundTrips.patientKeyAtHand;
    expect(system.neonLocal.counters.requests).toBe(allowed);
  });

  it('an update under a key that is not at hand takes one more', async () => {
    const { id, version } = await provider.client.patients.create(somebody(), TREAT);
    await untilLogged(system); // what is still queued would be lost with this Worker, and wait for the sweep
    await system.restartWorker();
    await provider.client.patients.list({ limit: 1 }, TREAT);
    await untilLogged(system);
    system.neonLocal.resetCounters();
    await provider.client.patients.update({ id, version, phone: '555-000-2222' }, TREAT);
    const declared = PROCEDURES.find(({ path }) => path === 'patients.update')?.meta.roundTrips;
    if (typeof declared !== 'object') throw new Error('an update declares two numbers');
    expect(system.neonLocal.counters.requests).toBe(declared.otherwise);
  });
});
