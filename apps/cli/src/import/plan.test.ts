import { disclosedPatient, type NewPatient, newPatient } from '@salus/schema';
import { describe, expect, it } from 'vitest';
import { differences, planOf } from './plan.ts';

const person = (mrn: string, more: Partial<NewPatient> = {}): NewPatient =>
  newPatient.parse({
    mrn,
    name: { family: 'Ordóñez', given: ['María'] },
    birthDate: '1984-03-09',
    sex: 'female',
    ...more,
  });

const found = (location: string, mrn: string) => ({
  file: 'a.json',
  location,
  conversion: { patient: person(mrn), notes: [{ code: 'no_field' as const, location: 'Patient.photo' }] },
});

describe('the plan of an import', () => {
  it('stores the first of two patients with one number, and reports the second', () => {
    const plan = planOf([found('one', 'M1'), found('two', 'M2'), found('three', 'M1')]);
    expect(plan.candidates.map(({ location }) => location)).toEqual(['one', 'two']);
    expect(plan.skipped).toEqual([{ file: 'a.json', location: 'three', reason: 'mrn_repeated' }]);
    expect(plan.notes).toBe(2);
  });

  it('reports why a patient cannot be kept', () => {
    const plan = planOf([{ file: 'b.json', location: 'one', conversion: { skipped: 'no_mrn', notes: [] } }]);
    expect(plan).toEqual({
      candidates: [],
      skipped: [{ file: 'b.json', location: 'one', reason: 'no_mrn' }],
      notes: 0,
    });
  });
});

describe('a record and the input', () => {
  const stored = disclosedPatient.parse({
    ...person('M1', { phone: '+1 202-555-0101' }),
    id: '01a20d10-f597-73b6-9bec-4ef1458d56c3',
    version: 4,
  });

  it('are the same when the input says nothing else, even if it says less', () => {
    expect(differences(stored, person('M1'))).toEqual({});
  });

  it('differ in the fields that the input says otherwise or adds', () => {
    const incoming = person('M1', { name: { family: 'Ordóñez', given: ['José'] }, email: 'j@example.org' });
    expect(Object.keys(differences(stored, incoming)).toSorted()).toEqual(['email', 'name']);
  });
});
