// What an import does with each answer of the API. The way through the real one is in tests/.
import { SalusError, type SalusErrorCode } from '@salus/client';
import { disclosedPatient, newPatient, patientId } from '@salus/schema';
import { describe, expect, it } from 'vitest';
import { type PatientCalls, store } from './store.ts';

const incoming = newPatient.parse({
  mrn: 'M1',
  name: { family: 'Ordóñez', given: ['María'] },
  birthDate: '1984-03-09',
  sex: 'female',
});
const id = patientId.parse('01a20d10-f597-73b6-9bec-4ef1458d56c3');

/** An API with one record at most, whose answers to `create` are given; it keeps the calls that it gets. */
function api(of: { answers: (SalusErrorCode | null)[]; record?: object }) {
  const calls: string[] = [];
  const updates: object[] = [];
  const record = of.record && disclosedPatient.parse({ ...incoming, id, version: 4, ...of.record });
  const patients: PatientCalls = {
    async create(patient) {
      calls.push('create');
      const code = of.answers.shift();
      if (code) throw new SalusError(code);
      return { ...patient, id, version: 1 };
    },
    async search() {
      calls.push('search');
      return { items: record ? [record] : [], nextCursor: null };
    },
    async get() {
      calls.push('get');
      if (!record) throw new SalusError('not_found');
      return record;
    },
    async update(change) {
      calls.push('update');
      updates.push(change);
      return { id, version: 5 };
    },
  };
  return { patients, calls, updates };
}

const options = { purpose: 'TREAT', update: false } as const;

describe('a patient of an import', () => {
  it('is created in one call', async () => {
    const { patients, calls } = api({ answers: [null] });
    expect(await store(incoming, { ...options, patients })).toEqual({ kind: 'created' });
    expect(calls).toEqual(['create']);
  });

  it('is present when the record says the same', async () => {
    const { patients, calls } = api({ answers: ['mrn_taken'], record: {} });
    expect(await store(incoming, { ...options, patients })).toEqual({ kind: 'present' });
    expect(calls).not.toContain('update');
  });

  it('differs, and is left as it is, when the record says otherwise', async () => {
    const { patients, calls } = api({ answers: ['mrn_taken'], record: { sex: 'unknown' } });
    expect(await store(incoming, { ...options, patients })).toEqual({ kind: 'differs', fields: ['sex'] });
    expect(calls).not.toContain('update');
  });

  it('is changed when that is asked for: what differs, from the version that was seen', async () => {
    const { patients, updates } = api({ answers: ['mrn_taken'], record: { sex: 'unknown' } });
    expect(await store(incoming, { ...options, update: true, patients })).toEqual({ kind: 'updated' });
    expect(updates).toEqual([{ id, version: 4, sex: 'female' }]);
  });

  it('is not visible when its number is taken by a record that this account may not see', async () => {
    const { patients } = api({ answers: ['mrn_taken'] });
    expect(await store(incoming, { ...options, patients })).toEqual({ kind: 'not_visible' });
  });

  it('is tried again when the API could not answer, and found if it was stored after all', async () => {
    const { patients, calls } = api({ answers: ['network', 'mrn_taken'], record: {} });
    expect(await store(incoming, { ...options, patients })).toEqual({ kind: 'present' });
    expect(calls.filter((call) => call === 'create')).toHaveLength(2);
  });

  it('fails with the code of the refusal, and is not tried again', async () => {
    const { patients, calls } = api({ answers: ['role_not_permitted'] });
    expect(await store(incoming, { ...options, patients })).toEqual({
      kind: 'failed',
      code: 'role_not_permitted',
    });
    expect(calls).toEqual(['create']);
  });
});
