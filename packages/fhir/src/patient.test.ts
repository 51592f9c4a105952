import { describe, expect, it } from 'vitest';
import { convert, mr, ss } from './test-patient.ts';

it('a patient with no more than must be there is kept, with nothing to note', () => {
  expect(convert({})).toStrictEqual({
    patient: { mrn: 'A-1', name: { family: 'Lee', given: ['Ann'] }, birthDate: '1980-05-29', sex: 'unknown' },
    notes: [],
  });
});

it.each(['male', 'female', 'other', 'unknown'] as const)('gender %s is sex', (gender) => {
  expect(convert({ gender }).patient?.sex).toBe(gender);
});

describe('a medical record number', () => {
  it('is an identifier of type MR; the resource id and the others are not', () => {
    expect(convert({ identifier: undefined })).toStrictEqual({ skipped: 'no_mrn', notes: [] });
    expect(convert({ identifier: [{ value: 'A-1' }, { system: 'http://x', value: 'A-2' }] })).toStrictEqual({
      skipped: 'no_mrn',
      notes: ['no_field Patient.identifier[0]', 'no_field Patient.identifier[1]'],
    });
    expect(
      convert({ identifier: [{ type: { coding: [{ system: 'http://x', code: 'MR' }] }, value: 'A-1' }] }),
    ).toEqual(expect.objectContaining({ skipped: 'no_mrn' }));
    expect(convert({ identifier: [{ type: { text: 'MR' }, value: 'A-1' }] }).skipped).toBe('no_mrn');
  });

  it('is the official one, then the usual one, then the first', () => {
    const all = [mr('T', { use: 'temp' }), mr('S', { use: 'secondary' }), mr('N'), mr('N2')];
    expect(convert({ identifier: all }).patient?.mrn).toBe('N');
    expect(convert({ identifier: [...all, mr('U', { use: 'usual' })] }).patient?.mrn).toBe('U');
    expect(
      convert({ identifier: [...all, mr('U', { use: 'usual' }), mr('O', { use: 'official' })] }),
    ).toEqual(
      expect.objectContaining({
        patient: expect.objectContaining({ mrn: 'O' }),
        notes: [4, 2, 3, 1, 0].map((index) => `another_chosen Patient.identifier[${index}]`),
      }),
    );
  });

  it('is one in use', () => {
    const old = [mr('A', { use: 'old' }), mr('B', { period: { end: '2020' } })];
    expect(convert({ identifier: [...old, mr('C')] })).toMatchObject({
      patient: { mrn: 'C' },
      notes: ['not_current Patient.identifier[1]', 'not_current Patient.identifier[0]'],
    });
    expect(convert({ identifier: old }).skipped).toBe('no_mrn');
  });

  it('is trimmed, and otherwise kept as it is or not at all', () => {
    expect(convert({ identifier: [mr(' 007 ')] }).patient?.mrn).toBe('007');
    for (const value of ['', ' ', 'A\tB', 'A'.repeat(65)]) {
      expect(convert({ identifier: [mr(value)] })).toStrictEqual({
        skipped: 'unusable_mrn',
        notes: ['not_valid Patient.identifier[0]'],
      });
    }
    expect(convert({ identifier: [mr(''), mr('B')] })).toMatchObject({
      patient: { mrn: 'B' },
      notes: ['not_valid Patient.identifier[0]'],
    });
  });
});

describe('a Social Security number', () => {
  it('is told by its system or by its type, and gets its canonical form', () => {
    const bySystem = { system: 'http://hl7.org/fhir/sid/us-ssn', value: '123456789' };
    expect(convert({ identifier: [mr('A-1'), bySystem] }).patient?.ssn).toBe('123-45-6789');
    expect(convert({ identifier: [mr('A-1'), ss('123-45-6789')] }).patient?.ssn).toBe('123-45-6789');
  });

  it('is never taken for a medical record number', () => {
    const both = mr('123-45-6789', { system: 'http://hl7.org/fhir/sid/us-ssn' });
    expect(convert({ identifier: [both] }).skipped).toBe('no_mrn');
  });

  it.each(['000-12-3456', '***-**-6789', '12345678', 'none', ''])(
    '%j is left out, and the patient is kept',
    (value) => {
      const { patient, notes } = convert({ identifier: [mr('A-1'), ss(value)] });
      expect(patient).not.toHaveProperty('ssn');
      expect(notes).toStrictEqual(['not_valid Patient.identifier[1]']);
    },
  );
});

describe('a birth date', () => {
  it.each(['1980-05-29', '1980-05', '1980', '2024-02-29', '1850'])(
    'VAL-13: %s is kept as it is',
    (birthDate) => {
      expect(convert({ birthDate }).patient?.birthDate).toBe(birthDate);
    },
  );

  it('VAL-13: is needed, and one that nobody alive can have is not kept', () => {
    expect(convert({ birthDate: undefined })).toStrictEqual({ skipped: 'no_birth_date', notes: [] });
    expect(convert({ birthDate: '1849-12-31' }).skipped).toBe('unusable_birth_date');
    expect(convert({ birthDate: '9999-01-01' }).skipped).toBe('unusable_birth_date');
  });

  it('may have been left out by an extension that says why', () => {
    expect(convert({ birthDate: undefined, _birthDate: { extension: [{ url: 'x' }] } })).toStrictEqual({
      skipped: 'no_birth_date',
      notes: ['no_field Patient.birthDate.extension'],
    });
  });
});

describe('what FHIR says must not be read as it stands', () => {
  it.each([
    [
      'an extension that modifies the meaning',
      { modifierExtension: [{ url: 'x' }] },
      'Patient.modifierExtension',
    ],
    ['rules of its own', { implicitRules: 'http://x' }, 'Patient.implicitRules'],
  ])('%s: the patient is skipped', (_, elements, location) => {
    expect(convert(elements)).toStrictEqual({ skipped: 'unknown_modifier', notes: [`no_field ${location}`] });
  });

  it('a record that another replaces: the patient is skipped; other links are only noted', () => {
    const link = (type: string) => ({ link: [{ type, other: { reference: 'Patient/p2' } }] });
    expect(convert(link('replaced-by')).skipped).toBe('replaced');
    for (const type of ['replaces', 'refer', 'seealso']) {
      expect(convert(link(type))).toMatchObject({
        patient: { mrn: 'A-1' },
        notes: ['no_field Patient.link'],
      });
    }
  });
});

describe('a note', () => {
  it('is made of everything else that is said of the patient', () => {
    const more = {
      deceasedDateTime: '1981-03-14T08:59:56+00:00',
      maritalStatus: {},
      photo: [],
      extension: [],
      contact: [],
    };
    expect(convert({ ...more, text: { div: 'x' }, meta: { tag: [] }, language: 'en' }).notes).toStrictEqual(
      Object.keys(more).map((key) => `no_field Patient.${key}`),
    );
  });

  it('never repeats a value, nor a key that FHIR cannot have', () => {
    const { notes } = convert({
      'Ann Lee, 123-45-6789': 1,
      '\u001b[2J': 1,
      identifier: [mr('A-1'), ss('secret-value'), { value: 'secret-value' }],
      telecom: [{ system: 'email', value: 'secret-value' }],
    });
    expect(notes).toHaveLength(5);
    expect(notes.join()).toMatch(/^[A-Za-z_.,[\]0-9 ]+$/);
    expect(notes.join()).not.toMatch(/secret|Ann|123/);
  });
});
