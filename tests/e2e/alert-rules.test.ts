// Each rule raises an alert from its limit on, and by no less, and looks at nothing that is not its business.
import { addDestination } from '@salus/db/destinations';
import { createOrganization } from '@salus/db/provision';
import type { OrganizationId } from '@salus/schema';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACTOR, alertMinute, alertsOf, type Invented, invent } from '../harness/alerts.ts';
import { type System, startSystem } from '../harness/system.ts';

let system: System;
let organization: OrganizationId;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());
beforeEach(async () => {
  organization = await createOrganization(system.owner, system.providers, { name: 'Invented Clinic' });
});

const SECRET = Buffer.alloc(32, 7).toString('base64');

describe('a rule', () => {
  it.each<[string, number, Invented]>([
    ['denials', 20, {}],
    ['denials', 20, { actor: ACTOR }],
    ['mass_read', 200, { kind: 'phi_access', outcome: 'success', actor: ACTOR, patients: true }],
    ['break_glass', 1, { kind: 'phi_access', type: 'break_glass.open', outcome: 'success', actor: ACTOR }],
    ['refresh_reused', 1, { kind: 'security', type: 'refresh.reused', actor: ACTOR }],
    ['integrity', 1, { kind: 'security', type: 'integrity.failed', outcome: 'failed' }],
    ['integrity', 1, { kind: 'security', type: 'audit_event.contradicted', outcome: 'failed' }],
    ['dead_letter', 1, { kind: 'security', type: 'audit.dead_letter', outcome: 'failed' }],
    ['log_behind', 1, { outcome: 'success', ago: '16 minutes', stuck: true }],
  ])('%s raises an alert from %i on, and not before', async (rule, limit, of) => {
    await invent(system, organization, limit - 1, of);
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toEqual([]);
    await invent(system, organization, 1, of);
    await alertMinute(system);
    const subject =
      rule === 'integrity' || rule === 'dead_letter' || rule === 'log_behind' ? '' : (of.actor ?? '');
    expect(await alertsOf(system, organization)).toMatchObject([{ rule, subject, count: limit }]);
    const { rows } = await system.owner.query(
      `select kind, details, resource_id from salus.audit_events where organization_id = $1 and type = 'alert.raise'`,
      [organization],
    );
    const [alert] = await alertsOf(system, organization);
    expect(rows).toEqual([{ kind: 'security', details: { rule, count: limit }, resource_id: alert?.id }]);
  });

  it('looks at one caller, one organization and the last minutes alone', async () => {
    const other = await createOrganization(system.owner, system.providers, { name: 'Another Clinic' });
    await invent(system, organization, 19, { actor: ACTOR, logged: true });
    await invent(system, organization, 19, { actor: '019abc00-0000-7000-8000-0000000000cc', logged: true });
    await invent(system, other, 19, { actor: ACTOR });
    await invent(system, organization, 19, { actor: ACTOR, ago: '16 minutes', logged: true });
    await invent(system, organization, 40, {
      actor: ACTOR,
      outcome: 'success',
      kind: 'phi_modification',
      logged: true,
    });
    await alertMinute(system);
    expect([...(await alertsOf(system, organization)), ...(await alertsOf(system, other))]).toEqual([]);
  });

  it.each<[string, number, Invented]>([
    ['denials', 21, { actor: ACTOR }],
    ['break_glass', 2, { kind: 'phi_access', type: 'break_glass.open', outcome: 'success', actor: ACTOR }],
    ['refresh_reused', 1, { kind: 'security', type: 'refresh.reused', actor: ACTOR }],
    ['integrity', 3, { kind: 'security', type: 'integrity.failed', outcome: 'failed' }],
    ['dead_letter', 1, { kind: 'security', type: 'audit.dead_letter', outcome: 'failed' }],
  ])('%s is told of late, and once, when the clock has stood still meanwhile', async (rule, count, of) => {
    await invent(system, organization, count, { ...of, ago: '5 hours', logged: true });
    await invent(system, organization, 1, { ...of, ago: '4 hours', logged: true, outcome: 'failed' });
    for (let minute = 0; minute < 2; minute++) await alertMinute(system);
    const alerts = await alertsOf(system, organization);
    const last = rule === 'denials' || rule === 'break_glass' ? count : 1;
    expect(alerts).toMatchObject([{ rule, count: last }]);
  });

  it('tells of an event that waits for its log for an hour from the limit on, and not for ever', async () => {
    await invent(system, organization, 1, { outcome: 'success', ago: '76 minutes', stuck: true });
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toEqual([]);
    await invent(system, organization, 1, { outcome: 'success', ago: '74 minutes', stuck: true });
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toMatchObject([{ rule: 'log_behind', count: 1 }]);
  });

  it('counts refusals that were counted and not recorded each', async () => {
    await invent(system, organization, 1, { details: '{"reason":"token_missing","repeated":25}' });
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toMatchObject([{ rule: 'denials', count: 25 }]);
  });

  describe('siem_behind', () => {
    let siem: string;
    beforeEach(async () => {
      siem = await addDestination(system.owner, system.providers, {
        organizationId: organization,
        kind: 'ocsf',
        target: 'https://127.0.0.1:1/',
        authentication: 'hmac',
        secret: SECRET,
        withOrigin: false,
        history: true,
      });
    });
    const aged = (column: 'created_at' | 'delivered_at', ago: string) =>
      system.owner.query(`update salus.destinations set ${column} = now() - $2::interval where id = $1`, [
        siem,
        ago,
      ]);
    const alerts = async () => {
      await alertMinute(system);
      return alertsOf(system, organization);
    };

    it('tells of a SIEM that takes nothing, once, while something waits for it', async () => {
      await aged('created_at', '34 minutes');
      expect(await alerts()).toEqual([]);
      await invent(system, organization, 3, { outcome: 'success', ago: '35 minutes', logged: true });
      await aged('delivered_at', '20 minutes');
      expect(await alerts()).toEqual([]);
      await aged('delivered_at', '31 minutes');
      expect(await alerts()).toMatchObject([{ rule: 'siem_behind', subject: siem }]);
      expect(await alerts()).toHaveLength(1);
    });

    it('tells of a SIEM that takes less than what happens since it is there', async () => {
      await aged('created_at', '2 hours');
      await aged('delivered_at', '1 minute');
      await invent(system, organization, 1, { outcome: 'success', ago: '29 minutes', logged: true });
      expect(await alerts()).toEqual([]);
      await system.owner.query(
        // That event alone: what the clock has recorded meanwhile has no leaf yet, and would be late for its log.
        `update salus.audit_events e set recorded_at = now() - interval '31 minutes' from salus.audit_leaves l
          where l.event_id = e.id and l.year = 1999 and e.organization_id = $1`,
        [organization],
      );
      expect(await alerts()).toMatchObject([{ rule: 'siem_behind', subject: siem }]);
    });
  });
});
