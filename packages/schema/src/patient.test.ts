import { describe, expect, it } from 'vitest';
import { disclosedPatient, newPatient, patient, patientChange, patientQuery } from './patient.ts';

const ID = '0190a6d2-3b1c-7e4f-8a5b-6c7d8e9f0a1b';
const smallest = { mrn: 'A-1', name: { family: 'Lee', given: [] }, birthDate: '1980', sex: 'unknown' };
const full = {
  mrn: '0753ad6c-5935-4faa-9cfe-b7269e963d77',
  name: { family: 'Ordóñez', given: ['Bernardo', 'Luis'] },
  birthDate: '1957-06-29',
  sex: 'male',
  ssn: '999-67-4006',
  email: 'bernardo@example.org',
  phone: '555-302-5763',
  address: { line: ['1045 Prosacco Landing'], city: 'Southborough', postalCode: '01772' },
};

describe('a new patient', () => {
  it('is kept as it is, whole or with no more than it must have', () => {
    expect(newPatient.parse(full)).toStrictEqual(full);
    expect(newPatient.parse(smallest)).toStrictEqual(smallest);
  });

  it.each(Object.keys(smallest))('must have its %s', (field) => {
    expect(newPatient.safeParse({ ...smallest, [field]: undefined }).success).toBe(false);
    expect(newPatient.safeParse({ ...smallest, [field]: null }).success).toBe(false);
  });

  it.each(['ssn', 'email', 'phone', 'address'])(
    'lacks its %s by leaving it out, and not by null',
    (field) => {
      expect(newPatient.safeParse({ ...smallest, [field]: null }).success).toBe(false);
      expect(newPatient.safeParse({ ...smallest, [field]: '' }).success).toBe(false);
    },
  );

  it.each([
    ['id', ID],
    ['version', 1],
    ['organizationId', ID],
    ['createdAt', '2026-01-01'],
  ])('cannot bring the %s, which the system assigns', (field, value) => {
    expect(newPatient.safeParse({ ...smallest, [field]: value }).success).toBe(false);
  });

  it('has one of the four administrative genders', () => {
    for (const sex of ['male', 'female', 'other', 'unknown']) {
      expect(newPatient.safeParse({ ...smallest, sex }).success).toBe(true);
    }
    for (const sex of ['M', 'Male', 'MALE', '', 0]) {
      expect(newPatient.safeParse({ ...smallest, sex }).success).toBe(false);
    }
  });

  it('VAL-14: has a medical record number of up to 64 characters, whose zeros, dashes and case stay', () => {
    for (const mrn of ['007', 'a-B', 'X'.repeat(64), '00-00']) {
      expect(newPatient.parse({ ...smallest, mrn }).mrn).toBe(mrn);
    }
    for (const mrn of ['', ' 7', 'X'.repeat(65), 'A\tB', 7]) {
      expect(newPatient.safeParse({ ...smallest, mrn }).success).toBe(false);
    }
  });
});

describe('a change of a patient', () => {
  const from = { id: ID, version: 3 };
  const accepts = (change: object) => patientChange.safeParse({ ...from, ...change }).success;

  it.each(Object.entries(full))('may replace the %s alone', (field, value) => {
    expect(patientChange.parse({ ...from, [field]: value })).toStrictEqual({ ...from, [field]: value });
  });

  it('is refused when there is nothing to change', () => {
    expect(accepts({})).toBe(false);
    expect(accepts({ ssn: undefined, name: undefined })).toBe(false);
  });

  it.each(['ssn', 'email', 'phone', 'address'])('removes the %s by null, being optional', (field) => {
    expect(patientChange.parse({ ...from, [field]: null })).toStrictEqual({ ...from, [field]: null });
  });

  it.each(['mrn', 'name', 'birthDate', 'sex'])('never removes the %s', (field) => {
    expect(accepts({ phone: null, [field]: null })).toBe(false);
  });

  it('VAL-22: names the patient and the version that it was made from', () => {
    expect(patientChange.safeParse({ id: ID, sex: 'male' }).success).toBe(false);
    expect(patientChange.safeParse({ version: 3, sex: 'male' }).success).toBe(false);
    expect(patientChange.safeParse({ id: '1', version: 3, sex: 'male' }).success).toBe(false);
  });

  it.each([
    ...[
      0,
      -1,
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 31,
      2 ** 53,
      1e308,
      '3',
      '3e0',
      null,
      true,
      3n,
    ],
  ])('VAL-08: is from no version %s, which no row can have', (version) => {
    expect(accepts({ version, sex: 'male' })).toBe(false);
  });

  it('VAL-08: is from any version that a row can have', () => {
    expect(accepts({ version: 1, sex: 'male' })).toBe(true);
    expect(accepts({ version: 2 ** 31 - 1, sex: 'male' })).toBe(true);
  });
});

describe('a query for patients', () => {
  const accepts = (query: unknown) => patientQuery.safeParse(query).success;
  const forms = {
    mrn: { mrn: 'A-1' },
    ssn: { ssn: '123-45-6789' },
    email: { email: 'ann@example.org' },
    phone: { phone: '555-894-4777' },
    'name and birth date': { name: { family: 'Lee' }, birthDate: '1980' },
  };

  it.each(Object.entries(forms))('may be by %s', (_, query) => {
    expect(patientQuery.parse(query)).toStrictEqual(query);
  });

  it('may give given names, as a name has them', () => {
    expect(accepts({ name: { family: 'Lee', given: ['Ann'] }, birthDate: '1980-05-29' })).toBe(true);
    expect(accepts({ name: { family: 'Lee', given: 'Ann' }, birthDate: '1980-05-29' })).toBe(false);
  });

  it('VAL-14: finds a Social Security number however it is written', () => {
    expect(patientQuery.parse({ ssn: '１２３ 45 6789' })).toStrictEqual({ ssn: '123-45-6789' });
  });

  it('has exactly one form: no two of them together', () => {
    const all = Object.values(forms);
    for (const one of all) {
      for (const other of all) if (one !== other) expect(accepts({ ...one, ...other })).toBe(false);
    }
  });

  it.each([
    ['nothing', {}],
    ['a birth date alone', { birthDate: '1980-05-29' }],
    ['a name alone', { name: { family: 'Lee' } }],
    ['a given name without a family name', { name: { given: ['Ann'] }, birthDate: '1980' }],
    ['the sex', { sex: 'male' }],
    ['an id', { id: ID }],
    ['null', { ssn: null }],
    ['an operator', { mrn: { $ne: '' } }],
    ['a list', [{ mrn: 'A-1' }]],
    ['no value', { ssn: undefined }],
  ])('is never by %s', (_, query) => {
    expect(accepts(query)).toBe(false);
  });

  it('VAL-02: is bounded', () => {
    expect(accepts({ mrn: 'A'.repeat(10_000) })).toBe(false);
    expect(accepts({ name: { family: '%'.repeat(10_000) }, birthDate: '1980' })).toBe(false);
  });
});

describe('what is disclosed of a patient', () => {
  it('always has the id and the version, and may lack the rest', () => {
    expect(disclosedPatient.parse({ id: ID, version: 1 })).toStrictEqual({ id: ID, version: 1 });
    expect(disclosedPatient.safeParse({ version: 1 }).success).toBe(false);
    expect(disclosedPatient.safeParse({ id: ID }).success).toBe(false);
  });
});

describe('the compound indexes of a patient', () => {
  const { familyBirthDate, fullNameBirthDate } = patient.compoundIndexes;
  const stored = patient.schema.parse({ ...full, id: ID, version: 1 });

  it('are over the family name with the birth date, and with the first given name', () => {
    expect(familyBirthDate?.terms(stored)).toStrictEqual([
      ['name', 'Ordóñez'],
      ['exact', '1957-06-29'],
    ]);
    expect(fullNameBirthDate?.terms(stored)).toStrictEqual([
      ['name', 'Ordóñez'],
      ['name', 'Bernardo'],
      ['exact', '1957-06-29'],
    ]);
  });

  it('leave out somebody with a single name where a given name is needed', () => {
    const single = { ...stored, name: { family: 'Suharto', given: [] } };
    expect(familyBirthDate?.terms(single)).toHaveLength(2);
    expect(fullNameBirthDate?.terms(single)).toBeNull();
  });
});
