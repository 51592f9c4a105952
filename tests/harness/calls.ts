// Every procedure of the router, and a call of each that succeeds. Tests that must hold of all of them enumerate these; a
// procedure that has no call here fails them.
import { appRouter, type Meta } from '@salus/api';
import { totpCode } from '@salus/auth';
import { somebody } from './patients.ts';
import type { SignedIn, System } from './system.ts';
import { untilLogged } from './trail.ts';

const TREAT = { purpose: 'TREAT' } as const;
const HOPERAT = { purpose: 'HOPERAT' } as const;
const PATRQT = { purpose: 'PATRQT' } as const;

// Boundary: at run time tRPC keeps procedures by their whole path, with what was declared; its types say otherwise.
const declarations = appRouter._def.procedures as unknown as Record<string, { _def: { meta: Meta } }>;

export const PROCEDURES = Object.entries(declarations).map(([path, procedure]) => ({
  path,
  meta: procedure._def.meta,
}));

/** A period that has just ended. */
export function sinceYesterday(): { from: string; until: string } {
  const now = Date.now();
  return { from: new Date(now - 24 * 60 * 60_000).toISOString(), until: new Date(now).toISOString() };
}

/** What comes before a call, and then the call itself. */
type Prepared = () => Promise<() => Promise<unknown>>;

/** A call of a procedure, by the procedure's path. */
export function callsOf(system: System, provider: SignedIn): Readonly<Record<string, Prepared>> {
  return {
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
      const asked = await officer.client.shreddings.request(
        { patientId: id, reason: 'court_order' },
        HOPERAT,
      );
      const holds = await officer.client.legalHolds.list({ limit: 100 }, HOPERAT);
      for (const hold of holds.items.filter(({ releasedAt }) => releasedAt === undefined)) {
        await officer.client.legalHolds.release({ id: hold.id }, HOPERAT);
      }
      return () => admin.client.shreddings.approve({ id: asked.id }, HOPERAT);
    },
    'shreddings.cancel': async () => {
      const officer = await system.signedIn('privacy_officer');
      const { id } = await provider.client.patients.create(somebody(), TREAT);
      const asked = await officer.client.shreddings.request(
        { patientId: id, reason: 'court_order' },
        HOPERAT,
      );
      return () => officer.client.shreddings.cancel({ id: asked.id }, HOPERAT);
    },
    'shreddings.list': async () => {
      const officer = await system.signedIn('privacy_officer');
      return () => officer.client.shreddings.list({}, HOPERAT);
    },
    'alerts.list': async () => {
      const officer = await system.signedIn('privacy_officer');
      return () => officer.client.alerts.list({}, HOPERAT);
    },
    'alerts.acknowledge': async () => {
      const officer = await system.signedIn('privacy_officer');
      const { rows } = await system.owner.query(
        `insert into salus.alerts (organization_id, rule, subject, count, last_event_at)
         values ($1, 'denials', '', 20, now()) returning id`,
        [system.organizationId],
      );
      return () => officer.client.alerts.acknowledge({ id: rows[0].id }, HOPERAT);
    },
    'accessLog.list': async () => {
      const { id } = await provider.client.patients.create(somebody(), TREAT);
      const patient = await system.signedIn('patient', { patientId: id });
      return () => patient.client.accessLog.list({}, PATRQT);
    },
    'accessLog.download': async () => {
      const { id } = await provider.client.patients.create(somebody(), TREAT);
      const patient = await system.signedIn('patient', { patientId: id });
      await untilLogged(system);
      return () => patient.client.accessLog.download({}, PATRQT);
    },
    'disclosures.record': async () => {
      const officer = await system.signedIn('privacy_officer');
      const { id } = await provider.client.patients.create(somebody(), TREAT);
      const made = {
        patientId: id,
        disclosedAt: new Date().toISOString(),
        reason: 'public_health',
        recipient: 'Board of Health',
        description: 'Name and diagnosis',
      } as const;
      return () => officer.client.disclosures.record(made, HOPERAT);
    },
    'disclosures.account': async () => {
      const officer = await system.signedIn('privacy_officer');
      const { id } = await provider.client.patients.create(somebody(), TREAT);
      return () => officer.client.disclosures.account({ patientId: id }, HOPERAT);
    },
    'reports.create': async () => {
      const officer = await system.signedIn('privacy_officer');
      return () => officer.client.reports.create(sinceYesterday(), HOPERAT);
    },
    'reports.get': async () => {
      const officer = await system.signedIn('privacy_officer');
      const { id } = await officer.client.reports.create(sinceYesterday(), HOPERAT);
      return () => officer.client.reports.get({ id, format: 'pdf' }, HOPERAT);
    },
    'reports.list': async () => {
      const officer = await system.signedIn('privacy_officer');
      return () => officer.client.reports.list({}, HOPERAT);
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
}
