// The privacy officer's view of the trail: complete, in pages, filtered, of one organization, and itself recorded.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';

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
