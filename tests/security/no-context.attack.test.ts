// RLS-03: the runtime role without a context, as an injection into a connection of its own would have it, sees no row of any
// table. Each has one: of an empty table, nothing is seen by anybody.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sinceYesterday } from '../harness/calls.ts';
import { somebody } from '../harness/patients.ts';
import { type System, startSystem } from '../harness/system.ts';
import { untilLogged } from '../harness/trail.ts';

const TREAT = { purpose: 'TREAT' } as const;
const HOPERAT = { purpose: 'HOPERAT' } as const;

const READABLE = [
  ...[
    'alert_deliveries',
    'alerts',
    'audit_events',
    'audit_leaves',
    'care_team',
    'destinations',
    'disclosures',
  ],
  ...['legal_holds', 'patient_keys', 'patients', 'reports', 'shreddings', 'siem_cursors'],
];

let system: System;
let attacker: pg.Client;
beforeAll(async () => {
  system = await startSystem();
  const provider = await system.signedIn('provider');
  const officer = await system.signedIn('privacy_officer');
  const { id: patientId } = await provider.client.patients.create(somebody(), TREAT);
  await officer.client.shreddings.request({ patientId, reason: 'court_order' }, HOPERAT);
  await officer.client.legalHolds.place({ patientId, reason: 'audit' }, HOPERAT);
  const disclosed = { disclosedAt: '2026-01-02T03:04:05Z', recipient: 'County Court', description: 'Dates' };
  await officer.client.disclosures.record({ patientId, reason: 'judicial', ...disclosed }, HOPERAT);
  await officer.client.reports.create(sinceYesterday(), HOPERAT);
  await system.owner.query(
    `with destination as (
       insert into salus.destinations (organization_id, id, kind, target, authentication, secret)
       values ($1, gen_random_uuid(), 'ocsf', '\\x01', 'hmac', '\\x01') returning id),
     alert as (
       insert into salus.alerts (organization_id, rule, subject, count, last_event_at)
       values ($1, 'denials', '', 20, now()) returning id),
     taken as (
       insert into salus.siem_cursors (organization_id, destination_id, year, next_index)
       select $1, id, 2026, 0 from destination)
     insert into salus.alert_deliveries (organization_id, alert_id, destination_id)
     select $1, alert.id, destination.id from alert, destination`,
    [system.organizationId],
  );
  await untilLogged(system);
  attacker = new pg.Client({ connectionString: system.appUrl });
  await attacker.connect();
});
afterAll(async () => {
  await attacker.end();
  await system.stop();
});

async function count(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query(`select count(*)::int as n from salus.${table}`);
  return rows[0].n;
}

/** Every table, partitions among them, and whether the runtime role was granted to read any of it. */
async function tables(): Promise<{ name: string; readable: boolean }[]> {
  const { rows } = await system.owner.query<{ name: string; readable: boolean }>(
    `select relname as name, has_any_column_privilege('salus_app', oid, 'select') as readable
       from pg_class where relnamespace = 'salus'::regnamespace and relkind in ('r', 'p') order by relname`,
  );
  return rows;
}

describe('RLS-03: without a context the runtime role', () => {
  it('is tried at every table that it may read', async () => {
    const readable = (await tables()).filter((table) => table.readable);
    expect(readable.map(({ name }) => name)).toEqual(READABLE);
  });

  it.each(READABLE)('sees no row of %s, which has some', async (table) => {
    expect(await count(system.owner, table)).toBeGreaterThan(0);
    expect(await count(attacker, table)).toBe(0);
  });

  it('may not read the others at all, and no partition past its table', async () => {
    const hidden = (await tables()).filter((table) => !table.readable).map(({ name }) => name);
    expect(hidden).toEqual(
      expect.arrayContaining([
        'users',
        'sessions',
        'organization_keys',
        'context_key',
        'audit_events_default',
      ]),
    );
    for (const name of hidden) {
      await expect(count(attacker, name), name).rejects.toMatchObject({ code: '42501' });
    }
  });
});
