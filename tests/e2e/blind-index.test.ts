// What blind indexes promise, through the API: one medical record number is one patient's, however many try at once and however
// it is written; and who is looked for under another spelling is found.
import type { SalusClient } from '@salus/client';
import type { NewPatient } from '@salus/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';

const TREAT = { purpose: 'TREAT' } as const;
/** One number, as people, forms and attackers write it. */
const SPELLINGS = [
  ...['MRN-77A', 'mrn-77a', 'Mrn -77 a', 'ＭＲＮ-７７Ａ', 'MRN\u201177A', 'MRN-\u200b77A', 'M\u00adRN-77A'],
  ...['MRN-77A\ufe0f', 'MRN\u00a0-77A', 'mrn\u221277a'],
];

let system: System;
let provider: SignedIn;
let foreigner: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
  foreigner = await system.signedIn('provider', { organizationId: system.otherOrganizationId });
});
afterAll(() => system.stop());

/** Twenty at once; the codes of those that failed. */
async function twenty(client: SalusClient): Promise<string[]> {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, at) =>
      client.patients.create(somebody({ mrn: SPELLINGS[at % SPELLINGS.length] ?? '' }), TREAT),
    ),
  );
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
}

const numbersOf = async (organization: string) => {
  const { rows } = await system.owner.query(
    'select count(*)::int as n, count(distinct mrn_index)::int as different from salus.patients where organization_id = $1',
    [organization],
  );
  return rows[0];
};

describe('a medical record number', () => {
  it('is one patient’s in an organization when twenty ask for it at once, in ten spellings', async () => {
    expect(await twenty(provider.client)).toEqual(Array(19).fill('mrn_taken'));
    expect(await numbersOf(system.organizationId)).toEqual({ n: 1, different: 1 });
  });

  it('is another organization’s, too, and neither learns of the other', async () => {
    expect(await twenty(foreigner.client)).toEqual(Array(19).fill('mrn_taken'));
    const { rows } = await system.owner.query('select distinct mrn_index from salus.patients');
    expect(rows).toHaveLength(2);
  });

  it('finds its patient in every spelling', async () => {
    for (const mrn of SPELLINGS) {
      const { items } = await provider.client.patients.search({ mrn }, TREAT);
      expect(items).toHaveLength(1);
    }
    const { items } = await provider.client.patients.search({ mrn: 'MRN-77B' }, TREAT);
    expect(items).toEqual([]);
  });

  it('cannot be taken by a change either, twenty at once', async () => {
    const others = await Promise.all(
      Array.from({ length: 20 }, () => provider.client.patients.create(somebody(), TREAT)),
    );
    const outcomes = await Promise.allSettled(
      others.map(({ id, version }, at) =>
        provider.client.patients.update(
          { id, version, mrn: at % 2 === 0 ? 'free-1' : 'FREE\u2011１' },
          TREAT,
        ),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const taken = provider.client.patients.update({ ...firstLeft(others, outcomes), mrn: 'mrn-77A' }, TREAT);
    await expect(taken).rejects.toMatchObject({ code: 'mrn_taken' });
  });
});

function firstLeft<T extends { id: string; version: number }>(
  patients: readonly T[],
  outcomes: readonly PromiseSettledResult<unknown>[],
): Pick<T, 'id' | 'version'> {
  const left = patients.find((_, at) => outcomes[at]?.status === 'rejected');
  if (!left) throw new Error('every change went through');
  return { id: left.id, version: left.version };
}

describe('a patient is found under another spelling', () => {
  const born = '1961-02-03';
  const made: Partial<NewPatient>[] = [
    { name: { family: 'Ordóñez', given: ['Ana'] } },
    { name: { family: 'Işık', given: ['İlknur'] } },
    { name: { family: 'Weiß', given: ['Jürgen'] } },
    { name: { family: 'Nguyễn', given: ['Văn'] } },
    { name: { family: 'O’Brien', given: ['Seán'] } },
    { name: { family: '辻\u{e0100}', given: ['結衣'] } },
    { name: { family: 'Digits', given: ['Dora'] }, ssn: '999-12-3456', phone: '(555) 014-2233' },
  ];

  beforeAll(async () => {
    for (const one of made)
      await provider.client.patients.create(somebody({ birthDate: born, ...one }), TREAT);
  });

  it.each([
    ['Ordonez', 'Ordóñez'],
    ['ORDO\u0301N\u0303EZ', 'Ordóñez'],
    ['ISIK', 'Işık'],
    ['ışık', 'Işık'],
    ['weiss', 'Weiß'],
    ['WEIẞ', 'Weiß'],
    ['nguye\u0302\u0303n', 'Nguyễn'],
    ["o'brien", 'O’Brien'],
    ['辻', '辻\u{e0100}'],
  ])('%s finds %s, by birth date', async (family, found) => {
    const { items } = await provider.client.patients.search({ name: { family }, birthDate: born }, TREAT);
    expect(items.map(({ name }) => name?.family)).toEqual([found]);
  });

  it.each([
    [{ ssn: '999123456' }],
    [{ ssn: '９９９-１２-３４５６' }],
    [{ ssn: '999\u201112 3456' }],
    [{ phone: '555-014-2233' }],
    [{ phone: '５５５ ０１４ ２２３３' }],
  ])('%j finds whoever has that number', async (query) => {
    const { items } = await provider.client.patients.search(query, TREAT);
    expect(items.map(({ name }) => name?.family)).toEqual(['Digits']);
  });

  it('and nobody of another organization is', async () => {
    for (const query of [{ ssn: '999-12-3456' }, { name: { family: 'Ordonez' }, birthDate: born }]) {
      expect((await foreigner.client.patients.search(query, TREAT)).items).toEqual([]);
    }
  });
});
