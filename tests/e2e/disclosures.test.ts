// AUD-19: the accounting of disclosures (45 CFR 164.528) is complete and exact, held against a history that is known.
import { DISCLOSURE_REASONS, type PatientId, PURPOSES_OF_USE, patientId } from '@salus/schema';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { readLog, trail, untilQueueRests, untilShown } from '../harness/trail.ts';

const HOPERAT = { purpose: 'HOPERAT' } as const;
const PATRQT = { purpose: 'PATRQT' } as const;
const YEAR = 365.25 * 24 * 60 * 60_000;

let system: System;
let officer: SignedIn;
let patient: SignedIn;
let id: PatientId;
let otherId: PatientId;
beforeAll(async () => {
  system = await startSystem();
  const provider = await system.signedIn('provider');
  officer = await system.signedIn('privacy_officer');
  id = patientId.parse((await provider.client.patients.create(somebody(), { purpose: 'TREAT' })).id);
  otherId = patientId.parse((await provider.client.patients.create(somebody(), { purpose: 'TREAT' })).id);
  patient = await system.signedIn('patient', { patientId: id });
});
afterAll(() => system.stop());

interface Known {
  readonly patient: PatientId;
  /** ISO 8601 */
  readonly at: string;
  readonly recipient: string;
  /** Whether an account that is asked for now must have it. */
  readonly counts: boolean;
}

const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();

/** Notes one disclosure for every reason, at ages about the six years, of two patients; some are withheld. */
async function noted(): Promise<Known[]> {
  const history: Known[] = [];
  const reasons = Object.keys(DISCLOSURE_REASONS) as (keyof typeof DISCLOSURE_REASONS)[];
  for (const [at, reason] of reasons.entries()) {
    for (const [n, whose] of [id, otherId].entries()) {
      const age = [0, 1, 5.99, 6.01, 9][at % 5] ?? 0;
      const withheldUntil = [undefined, ago(1000), ago(-YEAR)][at % 3];
      const known = {
        patient: whose,
        at: ago(age * YEAR + at * 1000),
        recipient: `Recipient ${at}${n}`,
        counts: age < 6 && at % 3 !== 2,
      };
      history.push(known);
      await officer.client.disclosures.record(
        {
          patientId: whose,
          disclosedAt: known.at,
          reason,
          recipient: known.recipient,
          recipientAddress: `${at} Court Street, Fall River`,
          description: `Part ${at} of the record`,
          ...(withheldUntil !== undefined && { withheldUntil }),
        },
        HOPERAT,
      );
    }
  }
  return history;
}

/** Puts events of every purpose and outcome in the trail, as exports would. */
async function givenOut(): Promise<Known[]> {
  const history: Known[] = [];
  const purposes = Object.keys(PURPOSES_OF_USE);
  for (const [n, purpose] of purposes.entries()) {
    for (const outcome of ['success', 'denied']) {
      for (const age of [0.5, 6.5]) {
        const at = ago(age * YEAR + n * 1000);
        const recipient = `${purpose} ${outcome} ${age}`;
        await system.owner.query(
          `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, patient_id, resource, purpose, fields,
                                           request_id, details)
           values ($1, $2, 'phi_access', 'patient.read', $3, $4, 'patient', $5, '{name,birthDate}', gen_random_uuid(), $6)`,
          [system.organizationId, at, outcome, id, purpose, { recipient }],
        );
        const accountable = ['PUBHLTH', 'HRESCH', 'HLEGAL'].includes(purpose);
        history.push({ patient: id, at, recipient, counts: accountable && outcome === 'success' && age < 6 });
      }
    }
  }
  return history;
}

async function account(
  who: SignedIn,
  of: PatientId,
  more: { from?: string; until?: string; limit?: number } = {},
) {
  const items = [];
  let cursor: string | null = null;
  do {
    const options = who === patient ? PATRQT : HOPERAT;
    const page: Awaited<ReturnType<SignedIn['client']['disclosures']['account']>> =
      await who.client.disclosures.account(
        { patientId: of, limit: 100, ...more, ...(cursor !== null && { cursor }) },
        options,
      );
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

describe('AUD-19: the account of a patient’s disclosures', () => {
  let history: Known[];
  beforeAll(async () => {
    history = [...(await noted()), ...(await givenOut())];
  });
  const expected = (of: PatientId, within: (known: Known) => boolean = () => true) =>
    history
      .filter((known) => known.patient === of && known.counts && within(known))
      .toSorted((a, b) => b.at.localeCompare(a.at))
      .map(({ at, recipient }) => ({ at, recipient }));
  const told = (items: { at: string; recipient: string }[]) =>
    items.map(({ at, recipient }) => ({ at, recipient }));

  it('has every disclosure that counts, of the last six years, and no other; for the officer and for the patient', async () => {
    expect(expected(id).length).toBeGreaterThan(7);
    expect(told(await account(officer, id))).toEqual(expected(id));
    expect(told(await account(patient, id))).toEqual(expected(id));
    expect(told(await account(officer, otherId))).toEqual(expected(otherId));
  });

  it('is the same in pages of any size', async () => {
    for (const limit of [1, 2, 3]) expect(told(await account(officer, id, { limit }))).toEqual(expected(id));
  });

  it('of a period has what lies in it: its first moment, and not its last', async () => {
    const times = expected(id).map(({ at }) => at);
    const [until = '', from = ''] = [times[1], times.at(-2)];
    expect(told(await account(officer, id, { from, until }))).toEqual(
      expected(id, ({ at }) => at >= from && at < until),
    );
  });

  it('says when, to whom, where, what and why', async () => {
    const items = await account(patient, id);
    expect(items.find(({ recipient }) => recipient === 'Recipient 00')).toMatchObject({
      at: expect.any(String),
      recipientAddress: '0 Court Street, Fall River',
      what: 'Part 0 of the record',
      why: 'A law requires it (164.512(a)).',
    });
    expect(items.find(({ recipient }) => recipient === 'PUBHLTH success 0.5')).toMatchObject({
      recipientAddress: null,
      what: 'name, birthDate',
      why: 'Public health, such as the report of a disease.',
    });
  });

  it('tells of what was withheld from the day on which it no longer is', async () => {
    const before = await account(patient, id);
    await system.owner.query(
      'update salus.disclosures set withheld_until = now() where withheld_until > now()',
    );
    const after = await account(patient, id);
    const ages = history.filter(
      (known) => known.patient === id && Date.parse(known.at) > Date.now() - 6 * YEAR,
    );
    const withheld = ages.filter(({ counts, recipient }) => !counts && recipient.startsWith('Recipient'));
    expect(withheld.length).toBeGreaterThan(1);
    expect(after).toHaveLength(before.length + withheld.length);
  });
});

describe('a disclosure', () => {
  it('is sealed where it lies, and cannot be changed or taken back by the runtime role', async () => {
    const { rows } = await system.owner.query(
      `select encode(recipient, 'escape') || encode(recipient_address, 'escape') || encode(description, 'escape') as text
         from salus.disclosures`,
    );
    expect(rows.length).toBeGreaterThan(20);
    for (const { text } of rows) expect(text).not.toMatch(/Recipient|Court Street|Part \d/);
    const app = new pg.Client({ connectionString: system.appUrl });
    await app.connect();
    try {
      for (const statement of [
        'delete from salus.disclosures',
        'update salus.disclosures set withheld_until = now()',
      ]) {
        await expect(app.query(statement)).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await app.end();
    }
  });

  it('in the future, or of nobody, is refused', async () => {
    const made = {
      patientId: id,
      disclosedAt: ago(0),
      reason: 'judicial',
      recipient: 'County Court',
      description: 'Dates of visits',
    } as const;
    await expect(
      officer.client.disclosures.record({ ...made, disclosedAt: ago(-YEAR) }, HOPERAT),
    ).rejects.toMatchObject({ code: 'input_invalid' });
    for (const year of [{ disclosedAt: '0000-01-01T00:00:00Z' }, { withheldUntil: '0000-01-01T00:00:00Z' }])
      await expect(officer.client.disclosures.record({ ...made, ...year }, HOPERAT)).rejects.toMatchObject({
        code: 'input_invalid',
      });
    await expect(
      officer.client.disclosures.record(
        { ...made, patientId: patientId.parse(crypto.randomUUID()) },
        HOPERAT,
      ),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('of another patient is not accounted for, and the attempt is in the trail', async () => {
    await expect(patient.client.disclosures.account({ patientId: otherId }, PATRQT)).rejects.toMatchObject({
      code: 'not_found',
    });
    const [event] = (await trail(system, `type = 'disclosure.list'`)).slice(-1);
    expect(event).toMatchObject({
      outcome: 'denied',
      actor_id: patient.account.id,
      details: { reason: 'not_found' },
    });
  });

  it('is not told of by the patient’s access log while it is withheld, nor after', async () => {
    const { items } = await patient.client.accessLog.list({ limit: 100 }, PATRQT);
    expect(items.filter(({ what }) => what.includes('given'))).toEqual([]);
    expect(await trail(system, `type = 'disclosure.create' and outcome = 'success'`)).not.toHaveLength(0);
  });

  it('or a legal hold is in the log, which anybody may read, as an event that names neither patient nor reason', async () => {
    const made = {
      patientId: id,
      disclosedAt: ago(0),
      reason: 'law_enforcement',
      recipient: 'County Police',
      description: 'Dates of visits',
      withheldUntil: ago(-YEAR),
    } as const;
    const noted = await officer.client.disclosures.record(made, HOPERAT);
    const held = await officer.client.legalHolds.place({ patientId: id, reason: 'investigation' }, HOPERAT);
    const asked = await officer.client.shreddings.request(
      { patientId: id, reason: 'entered_in_error' },
      HOPERAT,
    );
    const admin = await system.signedIn('admin');
    await expect(admin.client.shreddings.approve({ id: asked.id }, HOPERAT)).rejects.toMatchObject({
      code: 'legal_hold',
    });
    await officer.client.legalHolds.release({ id: held.id }, HOPERAT);
    // Nor do attempts that come to nothing, which would stand beside those that do.
    const unread = { ...made, recipient: '' };
    await expect(officer.client.disclosures.record(unread, HOPERAT)).rejects.toMatchObject({
      code: 'input_invalid',
    });
    await expect(patient.client.legalHolds.place({ patientId: id } as never, HOPERAT)).rejects.toMatchObject({
      code: 'role_not_permitted',
    });
    await untilQueueRests(system);
    await untilShown(system);
    const { entries } = await readLog(system);
    const about = entries.filter(({ type }) =>
      /^(disclosure\.create|legal_hold\.(create|update))$/.test(type),
    );
    expect(about.length).toBeGreaterThan(30);
    const text = JSON.stringify(about);
    for (const named of [noted.id, held.id]) expect(text).toContain(named);
    for (const kept of [id, otherId, 'law_enforcement', 'investigation', 'judicial'])
      expect(text).not.toContain(kept);
    // Nor does what a hold prevents, which does name the patient.
    const prevented = JSON.stringify(entries.filter(({ type }) => type === 'shredding.update'));
    expect(prevented).toContain(asked.id);
    expect(prevented).not.toContain('legal_hold');
  });

  it('or a legal hold names no patient by mistake either, where an officer gives their id for another', async () => {
    const provider = await system.signedIn('provider');
    const { id } = await provider.client.patients.create(somebody(), { purpose: 'TREAT' });
    const call = async (path: string, body: object) => {
      const headers = { ...officer.headers(), 'purpose-of-use': 'HOPERAT' };
      return (await system.post(`/trpc/${path}`, body, headers)).status;
    };
    expect([
      await call('legalHolds.release', { id }),
      await call('legalHolds.place', { id, reason: 'investigation' }),
      await call('disclosures.record', { id, reason: 'judicial' }),
    ]).toEqual([404, 400, 400]);
    const { rows } = await system.owner.query(
      `select type from salus.audit_events where resource_id = $1 or patient_id = $1 order by recorded_at`,
      [id],
    );
    expect(rows).toEqual([{ type: 'patient.create' }]);
  });
});
