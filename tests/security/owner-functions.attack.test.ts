// What functions with their owner's rights give out is for who is named there, also when SQL is run past the Worker.
import { type PatientId, patientId } from '@salus/schema';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';

let system: System;
let attacker: pg.Client;
let provider: SignedIn;
let officer: SignedIn;
let patient: SignedIn;
let id: PatientId;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
  officer = await system.signedIn('privacy_officer');
  id = patientId.parse((await provider.client.patients.create(somebody(), { purpose: 'TREAT' })).id);
  patient = await system.signedIn('patient', { patientId: id });
  attacker = new pg.Client({ connectionString: system.appUrl });
  await attacker.connect();
});
afterAll(async () => {
  await attacker.end();
  await system.stop();
});

/** How many rows a query has under a context; null: without one. */
async function seenBy(context: [string, unknown[]] | null, query: string, values: unknown[] = []) {
  await attacker.query('begin');
  try {
    if (context) await attacker.query(...context);
    return (await attacker.query(query, values)).rowCount;
  } finally {
    await attacker.query('rollback');
  }
}

async function as({ account }: SignedIn): Promise<[string, unknown[]]> {
  const { rows } = await system.owner.query('select id from salus.sessions where user_id = $1', [account.id]);
  return [`select salus.begin_request($1, gen_random_uuid(), $2, 'HOPERAT')`, [rows[0].id, account.role]];
}

const job = (name: string): [string, unknown[]] => [
  'select salus.begin_job($1, gen_random_uuid(), $2)',
  [system.organizationId, name],
];

describe('names and addresses of mail', () => {
  const STAFF = 'select * from salus.report_staff()';
  const PATIENTS = 'select * from salus.report_patients(array[$1]::uuid[])';

  it('are for the making of reports, and for nobody else', async () => {
    for (const context of [await as(officer), job('report')]) {
      expect(await seenBy(context, STAFF)).toBeGreaterThan(0);
      expect(await seenBy(context, PATIENTS, [id])).toBe(1);
    }
    const others = ['alert', 'siem_export', 'retention'].map(job);
    for (const context of [null, await as(provider), await as(patient), ...others]) {
      expect(await seenBy(context, STAFF)).toBe(0);
      expect(await seenBy(context, PATIENTS, [id])).toBe(0);
    }
  });

  it('are an old second factor’s no more', async () => {
    const administrator = await system.signedIn('admin');
    expect(await seenBy(await as(administrator), STAFF)).toBeGreaterThan(0);
    await system.owner.query(
      `update salus.sessions set second_factor_at = now() - interval '16 minutes' where user_id = $1`,
      [administrator.account.id],
    );
    expect(await seenBy(await as(administrator), STAFF)).toBe(0);
    expect(await seenBy(await as(administrator), PATIENTS, [id])).toBe(0);
  });
});

describe('a disclosure that an authority has asked to keep from the patient', () => {
  it('is not there for the patient, past the Worker either, until it is time', async () => {
    await officer.client.disclosures.record(
      {
        patientId: id,
        disclosedAt: new Date(Date.now() - 1000).toISOString(),
        reason: 'law_enforcement',
        recipient: 'Sheriff',
        description: 'Dates of visits',
        withheldUntil: new Date(Date.now() + 86_400_000).toISOString(),
      },
      { purpose: 'HOPERAT' },
    );
    const disclosures = 'select from salus.disclosures';
    expect(await seenBy(await as(officer), disclosures)).toBe(1);
    expect(await seenBy(await as(patient), disclosures)).toBe(0);
    await system.owner.query('update salus.disclosures set withheld_until = now()');
    expect(await seenBy(await as(patient), disclosures)).toBe(1);
  });
});

describe('RLS-01: a runtime role that is too strong', () => {
  it('begins no job either', async () => {
    await system.owner.query('alter role salus_app bypassrls');
    try {
      await expect(seenBy(job('report'), 'select')).rejects.toMatchObject({ code: 'SA500' });
    } finally {
      await system.owner.query('alter role salus_app nobypassrls');
    }
  });
});
