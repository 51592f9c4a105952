// The privacy officer's view of the trail: complete, in pages, filtered, of one organization, and itself recorded.
import { noteSigner, verifyTlogProof } from '@salus/audit/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { LOG_ORIGIN, LOG_SEED, type SignedIn, type System, startSystem } from '../harness/system.ts';
import { damageTiles, trail, untilLogged } from '../harness/trail.ts';

let system: System;
let officer: SignedIn;
let provider: SignedIn;
let patientId: string;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
  officer = await system.signedIn('privacy_officer');
  const foreigner = await system.signedIn('provider', { organizationId: system.otherOrganizationId });
  await foreigner.client.patients.create(somebody(), { purpose: 'TREAT' });
  ({ id: patientId } = await provider.client.patients.create(somebody(), { purpose: 'TREAT' }));
  for (let i = 0; i < 7; i++)
    await provider.client.patients.get({ id: patientId as never }, { purpose: 'TREAT' });
  await provider.client.patients
    .get({ id: crypto.randomUUID() as never }, { purpose: 'TREAT' })
    .catch(() => undefined);
});
afterAll(() => system.stop());

const HOPERAT = { purpose: 'HOPERAT' } as const;

describe('audit.search', () => {
  it('shows every event of the organization once, the newest first, page by page', async () => {
    const rows = await trail(system, 'organization_id = $1', [system.organizationId]);
    const all: string[] = [];
    let next: string | null = null;
    const until = new Date().toISOString();
    do {
      const page: { items: { id: string }[]; nextCursor: string | null } = await officer.client.audit.search(
        { limit: 5, until, ...(next !== null && { cursor: next }) },
        HOPERAT,
      );
      all.push(...page.items.map(({ id }) => id));
      next = page.nextCursor;
    } while (next !== null);
    expect(new Set(all).size).toBe(all.length);
    for (const { id } of rows) expect(all).toContain(id);
    const foreign = await trail(system, 'organization_id = $1', [system.otherOrganizationId]);
    expect(foreign.length).toBeGreaterThan(0);
    for (const { id } of foreign) expect(all).not.toContain(id);
  });

  it('by patient, actor, type and outcome', async () => {
    const read = await officer.client.audit.search(
      { patientId: patientId as never, type: 'patient.read', actorId: provider.account.id },
      HOPERAT,
    );
    expect(read.items).toHaveLength(7);
    expect(read.items[0]).toMatchObject({
      kind: 'phi_access',
      outcome: 'success',
      actorRole: 'provider',
      purpose: 'TREAT',
      origin: { address: expect.any(String), agent: expect.any(String) },
    });
    const denied = await officer.client.audit.search({ type: 'patient.read', outcome: 'denied' }, HOPERAT);
    expect(denied.items).toHaveLength(1);
  });

  it('AUD-15: is itself in the trail, with how many it showed', async () => {
    const [event] = (await trail(system, `type = 'audit_event.search'`)).slice(-1);
    expect(event).toMatchObject({ actor_id: officer.account.id, purpose: 'HOPERAT', details: { count: 1 } });
  });

  it('API-17: a cursor of another filter, or of another caller, is refused', async () => {
    const { nextCursor } = await officer.client.audit.search({ limit: 1 }, HOPERAT);
    const cursor = nextCursor ?? '';
    await expect(
      officer.client.audit.search({ limit: 1, outcome: 'denied', cursor }, HOPERAT),
    ).rejects.toMatchObject({ code: 'cursor_invalid' });
    const another = await system.signedIn('privacy_officer');
    await expect(another.client.audit.search({ limit: 1, cursor }, HOPERAT)).rejects.toMatchObject({
      code: 'cursor_invalid',
    });
    await officer.client.audit.search({ limit: 1, cursor }, HOPERAT);
  });

  it('API-17: a cursor that was written by hand, cut, changed or made in another organization is refused', async () => {
    const { nextCursor } = await officer.client.audit.search({ limit: 1 }, HOPERAT);
    const known = Buffer.from(nextCursor ?? '', 'base64url');
    const changed = known.map((byte, at) => (at === 20 ? byte ^ 1 : byte));
    const foreigner = await system.signedIn('privacy_officer', {
      organizationId: system.otherOrganizationId,
    });
    const foreign = await foreigner.client.audit.search({ limit: 1 }, HOPERAT);
    const forged = [
      ...[
        known.subarray(0, -1),
        known.subarray(1),
        known.subarray(0, -32),
        Buffer.from(changed),
        Buffer.alloc(40),
      ],
      ...[Buffer.concat([known, Buffer.alloc(1)]), Buffer.from(foreign.nextCursor ?? '', 'base64url')],
    ].map((bytes) => bytes.toString('base64url'));
    for (const cursor of [...forged, '', '!', '%00', `${nextCursor} `])
      await expect(officer.client.audit.search({ limit: 1, cursor }, HOPERAT)).rejects.toMatchObject({
        code: 'cursor_invalid',
      });
  });

  it.each(['provider', 'nurse', 'billing', 'admin'] as const)('is refused to %s', async (role) => {
    const { client } = await system.signedIn(role);
    await expect(client.audit.search({}, HOPERAT)).rejects.toMatchObject({ code: 'role_not_permitted' });
  });

  it('VAL-01: takes no SQL anywhere', async () => {
    for (const text of [`' or true --`, `x'; drop table salus.patients; --`, '%', '\\']) {
      const { items } = await officer.client.audit.search({ type: text }, HOPERAT);
      expect(items).toEqual([]);
    }
    await expect(officer.client.audit.search({ from: `now()'` }, HOPERAT)).rejects.toMatchObject({
      code: 'input_invalid',
    });
  });
});

describe('what is asked for', () => {
  it.each([
    ['text that no column can hold', { type: '\u0000' }],
    ['another such text', { resource: 'a\u0000' }],
    ['text that is not well-formed', { type: '\ud800' }],
    ['a year that there never was', { from: '0000-01-01T00:00:00Z' }],
    ['a leap second', { until: '2016-12-31T23:59:60Z' }],
    ['a time without a zone', { from: '2026-11-24T10:11:12' }],
    ['a day that there never was', { from: '2026-02-30T00:00:00Z' }],
  ])('is refused where it is %s', async (_, query) => {
    await expect(officer.client.audit.search(query as never, HOPERAT)).rejects.toMatchObject({
      code: 'input_invalid',
    });
  });

  it.each([
    { from: '0001-01-01T00:00:00Z' },
    { until: '9999-12-31T23:59:59.999999999Z' },
    { from: '2026-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z' },
    { from: '2027-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z' },
  ])('may be any period: %o', async (period) => {
    const { items } = await officer.client.audit.search({ ...period, limit: 1 }, HOPERAT);
    expect(items.length).toBeLessThanOrEqual(1);
  });
});

describe('audit.proof', () => {
  it('convinces somebody who has the verifier key and nothing else, and nobody of another event', async () => {
    await untilLogged(system);
    const { items } = await officer.client.audit.search({ type: 'patient.read', limit: 2 }, HOPERAT);
    const [event, other] = items;
    if (!event || !other) throw new Error('two events were read');
    const { leaf, proof, verifierKey } = await officer.client.audit.proof({ eventId: event.id }, HOPERAT);
    const path = `log/${system.organizationId}/${new Date().getUTCFullYear()}`;
    const { verifierKey: known } = await noteSigner(`${LOG_ORIGIN}/${path}`, LOG_SEED);
    expect(verifierKey).toBe(known);
    const bytes = (text: string) => new TextEncoder().encode(text);
    const check = (entry: string) =>
      verifyTlogProof({ proof: bytes(proof), verifierKey: known, entry: bytes(entry) });
    expect(JSON.parse(leaf)).toMatchObject({
      id: event.id,
      type: 'patient.read',
      actorId: provider.account.id,
    });
    expect(await check(leaf)).toMatchObject({ ok: true });
    expect(await check(leaf.replace('patient.read', 'patient.list'))).toMatchObject({ ok: false });
    expect(
      await check((await officer.client.audit.proof({ eventId: other.id }, HOPERAT)).leaf),
    ).toMatchObject({ ok: false });
  });

  it('is of no use for a row that was changed: its leaf is not what the log has', async () => {
    const { items } = await officer.client.audit.search({ type: 'patient.read', limit: 1 }, HOPERAT);
    const eventId = items[0]?.id;
    if (!eventId) throw new Error('an event was read');
    await system.owner.query(`update salus.audit_events set actor_role = 'nurse' where id = $1`, [eventId]);
    const { leaf, proof, verifierKey } = await officer.client.audit.proof({ eventId }, HOPERAT);
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(await verifyTlogProof({ proof: bytes(proof), verifierKey, entry: bytes(leaf) })).toMatchObject({
      ok: false,
      fault: 'not_included',
    });
  });

  it('is not made of a file that somebody has changed, and is again when the file is mended', async () => {
    await untilLogged(system);
    const { items } = await officer.client.audit.search({ type: 'patient.create', limit: 1 }, HOPERAT);
    const eventId = items[0]?.id;
    if (!eventId) throw new Error('a patient was created');
    const bytes = (text: string) => new TextEncoder().encode(text);
    const isProved = async () => {
      const { leaf, proof, verifierKey } = await officer.client.audit.proof({ eventId }, HOPERAT);
      return (await verifyTlogProof({ proof: bytes(proof), verifierKey, entry: bytes(leaf) })).ok;
    };
    const kept = new Map<string, ArrayBuffer>();
    expect(await isProved()).toBe(true);
    await expect
      .poll(async () => {
        // The search above and each proof are events as well, so that the edge of the log moves on meanwhile.
        await damageTiles(system, kept);
        return isProved().catch(({ code }) => code);
      })
      .toBe('internal');
    const told = system.printed.filter((line) => line.includes('tile_contradicted'));
    expect(told.length).toBeGreaterThan(0);
    const bucket = await system.worker.getR2Bucket('LOG');
    for (const [key, tile] of kept) await bucket.put(key, tile);
    await expect.poll(() => isProved().catch(({ code }) => code)).toBe(true);
  });

  it('of an event that is another organization’s, or none, is not found', async () => {
    const [foreign] = await trail(system, 'organization_id = $1', [system.otherOrganizationId]);
    for (const eventId of [foreign?.id, crypto.randomUUID()]) {
      await expect(officer.client.audit.proof({ eventId: eventId as never }, HOPERAT)).rejects.toMatchObject({
        code: 'not_found',
      });
    }
  });
});
