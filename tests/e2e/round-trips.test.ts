// Each procedure goes to Postgres as often as it declares, and no more (DESIGN.md, invariant 3). The router is enumerated:
// a new procedure that is not called here fails.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsOf, PROCEDURES } from '../harness/calls.ts';
import { shut } from '../harness/faulty-bindings.ts';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { untilLogged } from '../harness/trail.ts';

/** Calls that read the log. They are prepared while there is a queue that events come into it by. */
const OF_THE_LOG = ['audit.proof', 'accessLog.download'];

let system: System;
let provider: SignedIn;
const prepared = new Map<string, () => Promise<unknown>>();
beforeAll(async () => {
  system = await startSystem({ faulty: true });
  provider = await system.signedIn('provider');
  await provider.client.patients.list({}, { purpose: 'TREAT' }); // the organization's keys are at hand from here on
  for (const path of OF_THE_LOG) prepared.set(path, await prepare(path));
  await untilLogged(system);
  // The queue's consumer goes to Postgres too, in its own time.
  await shut(system, { queue: 'fails' });
});
afterAll(() => system.stop());

async function prepare(path: string): Promise<() => Promise<unknown>> {
  const call = await callsOf(system, provider)[path]?.();
  if (!call) throw new Error(`${path} is not called here`);
  return call;
}

const TREAT = { purpose: 'TREAT' } as const;

describe('round trips to Postgres', () => {
  it.each(PROCEDURES)('$path', async ({ path, meta }) => {
    const call = prepared.get(path) ?? (await prepare(path));
    system.neonLocal.resetCounters();
    await call();
    const { roundTrips } = meta;
    const allowed = typeof roundTrips === 'number' ? roundTrips : roundTrips.patientKeyAtHand;
    expect(system.neonLocal.counters.requests).toBe(allowed);
  });

  it('an update under a key that is not at hand takes one more', async () => {
    const { id, version } = await provider.client.patients.create(somebody(), TREAT);
    await system.restartWorker();
    await shut(system, { queue: 'fails' });
    await provider.client.patients.list({ limit: 1 }, TREAT);
    system.neonLocal.resetCounters();
    await provider.client.patients.update({ id, version, phone: '555-000-2222' }, TREAT);
    const declared = PROCEDURES.find(({ path }) => path === 'patients.update')?.meta.roundTrips;
    if (typeof declared !== 'object') throw new Error('an update declares two numbers');
    expect(system.neonLocal.counters.requests).toBe(declared.otherwise);
  });
});
