// Each procedure goes to Postgres as often as it declares, and no more (DESIGN.md, invariant 3). The router is enumerated:
// a new procedure that is not called here fails.
import { appRouter, type Meta } from '@salus/api';
import { totpCode } from '@salus/auth';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
const HOPERAT = { purpose: 'HOPERAT' } as const;

/** What a call of a procedure is, by the procedure's path: the counters start right before `call`. */
const CALLS: Record<string, () => Promise<() => Promise<unknown>>> = {
  'auth.signIn': async () => {
    const { email, password } = await system.account('nurse');
    return () => system.post('/trpc/auth.signIn', { email, password });
  },
  'auth.verifyTotp': async () => {
    const { email, password, totpSecret } = await system.account('nurse');
    const answer = await system.post('/trpc/auth.signIn', { email, password });
    const { mfaToken } = (await answer.json()).result.data;
    const code = await totpCode({ secret: totpSecret, now: Date.now() });
    return () => system.post('/trpc/auth.verifyTotp', { mfaToken, code });
  },
  'auth.refresh': async () => {
    const { email, password, totpSecret } = await system.account('nurse');
    const first = await system.post('/trpc/auth.signIn', { email, password });
    const { mfaToken } = (await first.json()).result.data;
    const code = await totpCode({ secret: totpSecret, now: Date.now() });
    const second = await system.post('/trpc/auth.verifyTotp', { mfaToken, code });
    const { refreshToken } = (await second.json()).result.data;
    return () => system.post('/trpc/auth.refresh', { refreshToken });
  },
  'auth.signOut': async () => {
    const { client } = await system.signedIn('nurse');
    return () => client.signOut();
  },
  'patients.create': async () => () => provider.client.patients.create(somebody(), TREAT),
  'patients.get': async () => {
    const { id } = await provider.client.patients.create(somebody(), TREAT);
    return () => provider.client.patients.get({ id }, TREAT);
  },
  'patients.list': async () => {
    for (let i = 0; i < 5; i++) await provider.client.patients.create(somebody(), TREAT);
    return () => provider.client.patients.list({ limit: 100 }, TREAT);
  },
  'patients.search': async () => {
    const { mrn } = await provider.client.patients.create(somebody(), TREAT);
    return () => provider.client.patients.search({ mrn }, TREAT);
  },
  'patients.update': async () => {
    const { id, version } = await provider.client.patients.create(somebody(), TREAT);
    return () => provider.client.patients.update({ id, version, phone: '555-000-1111' }, TREAT);
  },
  'audit.search': async () => {
    const officer = await system.signedIn('privacy_officer');
    return () => officer.client.audit.search({ limit: 100 }, HOPERAT);
  },
  'audit.proof': async () => {
    const officer = await system.signedIn('privacy_officer');
    await untilLogged(system);
    const { rows } = await system.owner.query(
      'select event_id from salus.audit_leaves where organization_id = $1 limit 1',
      [system.organizationId],
    );
    return () => officer.client.audit.proof({ eventId: rows[0].event_id }, { purpose: 'HOPERAT' });
  },
  'legalHolds.place': async () => {
    const officer = await system.signedIn('privacy_officer');
    return () => officer.client.legalHolds.place({ reason: 'audit', matter: 'A matter' }, HOPERAT);
  },
  'legalHolds.release': async () => {
    const officer = await system.signedIn('privacy_officer');
    const { id } = await officer.client.legalHolds.place({ reason: 'audit' }, HOPERAT);
    return () => officer.client.legalHolds.release({ id }, HOPERAT);
  },
  'legalHolds.list': async () => {
    const officer = await system.signedIn('privacy_officer');
    return () => officer.client.legalHolds.list({}, HOPERAT);
  },
  'shreddings.request': async () => {
    const officer = await system.signedIn('privacy_officer');
    const { id } = await provider.client.patients.create(somebody(), TREAT);
    return () => officer.client.shreddings.request({ patientId: id, reason: 'court_order' }, HOPERAT);
  },
  'shreddings.approve': async () => {
    const officer = await system.signedIn('privacy_officer');
    const admin = await system.signedIn('admin');
    const { id } = await provider.client.patients.create(somebody(), TREAT);
    const asked = await officer.client.shreddings.request({ patientId: id, reason: 'court_order' }, HOPERAT);
    const holds = await officer.client.legalHolds.list({ limit: 100 }, HOPERAT);
    for (const hold of holds.items.filter(({ releasedAt }) => releasedAt === undefined)) {
      await officer.client.legalHolds.release({ id: hold.id }, HOPERAT);
    }
    return () => admin.client.shreddings.approve({ id: asked.id }, HOPERAT);
  },
  'shreddings.cancel': async () => {
    const officer = await system.signedIn('privacy_officer');
    const { id } = await provider.client.patients.create(somebody(), TREAT);
    const asked = await officer.client.shreddings.request({ patientId: id, reason: 'court_order' }, HOPERAT);
    return () => officer.client.shreddings.cancel({ id: asked.id }, HOPERAT);
  },
  'shreddings.list': async () => {
    const officer = await system.signedIn('privacy_officer');
    return () => officer.client.shreddings.list({}, HOPERAT);
  },
  'careTeam.assign': async () => {
    const { id } = await provider.client.patients.create(somebody(), TREAT);
    const nurse = await system.account('nurse');
    return () => provider.client.careTeam.assign({ patientId: id, userId: nurse.id }, TREAT);
  },
  'careTeam.remove': async () => {
    const { id } = await provider.client.patients.create(somebody(), TREAT);
    const nurse = await system.account('nurse');
    await provider.client.careTeam.assign({ patientId: id, userId: nurse.id }, TREAT);
    return () => provider.client.careTeam.remove({ patientId: id, userId: nurse.id }, TREAT);
  },
};

// Boundary: at run time tRPC keeps procedures by their whole path, with what was declared; its types say otherwise.
const declarations = appRouter._def.procedures as unknown as Record<string, { _def: { meta: Meta } }>;
const procedures = Object.entries(declarations).map(([path, procedure]) => ({
  path,
  declared: procedure._def.meta.roundTrips,
}));

describe('round trips to Postgres', () => {
  it.each(procedures)('$path', async ({ path, declared }) => {
    const call = await CALLS[path]?.();
    if (!call) throw new Error(`${path} is not called here`);
    // The queue's consumer goes to Postgres too. It has nothing left to do, and waits a second before its next batch.
    await untilLogged(system);
    system.neonLocal.resetCounters();
    await call();
    const allowed = typeof declared === 'number' ? declared : declared.patientKeyAtHand;
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
    const declared = declarations['patients.update']?._def.meta.roundTrips;
    if (typeof declared !== 'object') throw new Error('an update declares two numbers');
    expect(system.neonLocal.counters.requests).toBe(declared.otherwise);
  });
});
