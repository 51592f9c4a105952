import type { NewPatient } from '@salus/schema';
import { describe, expect, it } from 'vitest';
import { parsePatient, patientFromFhir } from './patient.ts';

const NOW = Date.UTC(2026, 2, 9, 10, 30);
const V2_0203 = 'http://terminology.hl7.org/CodeSystem/v2-0203';
const mr = (value: string, more = {}) => ({
  type: { coding: [{ system: V2_0203, code: 'MR' }] },
  value,
  ...more,
});
const ss = (value: string, more = {}) => ({
  type: { coding: [{ system: V2_0203, code: 'SS' }] },
  value,
  ...more,
});
const smallest = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [mr('A-1')],
  name: [{ family: 'Lee', given: ['Ann'] }],
  birthDate: '1980-05-29',
};

/** What becomes of the smallest patient with some elements replaced: the patient or the reason, and the notes as text. */
function convert(elements: object): { patient?: NewPatient; skipped?: string; notes: string[] } {
  const { notes, ...outcome } = patientFromFhir(parsePatient({ ...smallest, ...elements }), NOW);
  return { ...outcome, notes: notes.map(({ code, location }) => `${code} ${location}`) };
}

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

describe('a name', () => {
  const named = (...name: object[]) => convert({ name });

  it.each([
    ['an accent', 'Ordóñez', 'Bernardo'],
    ['an accent in NFD', 'Ordo\u0301n\u0303ez', 'Jose\u0301'],
    ['an apostrophe', "O'Connor", "D'Arcy"],
    ['Han', '张', '伟'],
    ['a zero-width joiner', 'क्\u200dष', 'a\u200db'],
  ])('VAL-11: is kept exactly with %s', (_, family, given) => {
    expect(named({ family, given: [given] })).toMatchObject({
      patient: { name: { family, given: [given] } },
      notes: [],
    });
  });

  it('VAL-11: written in two ways is kept in the first', () => {
    const representation = (valueCode: string) => ({
      extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation', valueCode }],
    });
    const han = { ...representation('IDE'), use: 'official', text: '张伟', family: '张', given: ['伟'] };
    const latin = { ...representation('ABC'), use: 'official', family: 'Zhang', given: ['Wei'] };
    expect(named(han, latin)).toMatchObject({
      patient: { name: { family: '张', given: ['伟'] } },
      notes: ['another_chosen Patient.name[1]', 'no_field Patient.name[0].extension'],
    });
    expect(named(latin, han)).toMatchObject({ patient: { name: { family: 'Zhang', given: ['Wei'] } } });
  });

  it('is the official one, then the usual one, then the first; a maiden name comes last', () => {
    const maiden = { use: 'maiden', family: 'Maiden' };
    const nickname = { use: 'nickname', family: 'Nickname' };
    const usual = { use: 'usual', family: 'Usual' };
    const official = { use: 'official', family: 'Official' };
    expect(named(maiden, nickname, usual, official)).toMatchObject({
      patient: { name: { family: 'Official' } },
      notes: [2, 1, 0].map((index) => `another_chosen Patient.name[${index}]`),
    });
    expect(named(maiden, nickname, usual).patient?.name.family).toBe('Usual');
    expect(named(maiden, nickname).patient?.name.family).toBe('Nickname');
    expect(named(maiden).patient?.name.family).toBe('Maiden');
    expect(named(maiden, { family: 'First' }, { family: 'Second' }).patient?.name.family).toBe('First');
  });

  it('is a current one', () => {
    expect(named({ use: 'old', family: 'Old' }, { family: 'New' })).toMatchObject({
      patient: { name: { family: 'New' } },
      notes: ['not_current Patient.name[0]'],
    });
    expect(named({ use: 'official', family: 'Over', period: { end: '2026-03-07' } })).toStrictEqual({
      skipped: 'no_name',
      notes: ['not_current Patient.name[0]'],
    });
  });

  it('is trimmed, and what is then empty is absent', () => {
    expect(named({ family: ' Lee\n', given: ['\u00a0Ann ', ' ', 'Mei'] })).toMatchObject({
      patient: { name: { family: 'Lee', given: ['Ann', 'Mei'] } },
      notes: [],
    });
  });

  it('with null among the given names, where FHIR has only an extension, is kept without it', () => {
    const given = {
      given: ['Ann', null],
      _given: [null, { extension: [{ url: 'x', valueCode: 'masked' }] }],
    };
    expect(named({ family: 'Lee', ...given })).toMatchObject({
      patient: { name: { family: 'Lee', given: ['Ann'] } },
      notes: ['no_field Patient.name[0].given.extension'],
    });
  });

  it('VAL-11: of somebody with one name, or known only as text, is the family part', () => {
    expect(named({ given: ['Suharto'] }).patient?.name).toStrictEqual({ family: 'Suharto', given: [] });
    expect(named({ given: ['Kusno', 'Sosrodihardjo'] }).patient?.name).toStrictEqual({
      family: 'Kusno Sosrodihardjo',
      given: [],
    });
    expect(named({ text: '张伟' }).patient?.name).toStrictEqual({ family: '张伟', given: [] });
    expect(named({ family: 'Suharto' }).patient?.name).toStrictEqual({ family: 'Suharto', given: [] });
  });

  it('loses its prefix and suffix, which is noted', () => {
    expect(named({ family: 'Cazares', prefix: ['Mr.'], suffix: ['PhD'] }).notes).toStrictEqual([
      'no_field Patient.name[0].prefix',
      'no_field Patient.name[0].suffix',
    ]);
  });

  it.each([
    ['a control character', { family: 'Le\u0000e' }],
    ['a line end inside', { family: 'Lee', given: ['Ann\nMei'] }],
    ['a lone surrogate', { family: 'Le\ud800e' }],
    ['a part of 201 characters', { family: 'a'.repeat(201) }],
    ['eleven given names', { family: 'Lee', given: Array(11).fill('a') }],
    ['nothing in it', { use: 'official' }],
    ['nothing but space', { family: ' ', given: [''], text: '\n' }],
  ])('with %s is not kept, and neither is who has no other', (_, name) => {
    expect(named(name)).toStrictEqual({ skipped: 'unusable_name', notes: ['not_valid Patient.name[0]'] });
    expect(named({ ...name, use: 'official' }, { family: 'Other' })).toMatchObject({
      patient: { name: { family: 'Other' } },
      notes: ['not_valid Patient.name[0]'],
    });
  });

  it('is needed', () => {
    expect(convert({ name: undefined }).skipped).toBe('no_name');
    expect(named().skipped).toBe('no_name');
  });
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

describe('a telephone number', () => {
  const number = (value: string, more = {}) => ({ system: 'phone', value, ...more });
  const phone = (...telecom: object[]) => convert({ telecom });

  it('is the own one before the one at work; among equals the rank decides, and then the order', () => {
    const [work, home, mobile, plain] = [
      number('555-000-0001', { use: 'work', rank: 1 }),
      number('555-000-0002', { use: 'home' }),
      number('555-000-0003', { use: 'mobile' }),
      number('555-000-0004'),
    ];
    expect(phone(work, plain, home, mobile)).toMatchObject({
      patient: { phone: '555-000-0002' },
      notes: [3, 1, 0].map((index) => `another_chosen Patient.telecom[${index}]`),
    });
    expect(phone(work, home, { ...mobile, rank: 2 }).patient?.phone).toBe('555-000-0003');
    expect(phone({ ...home, rank: 2 }, { ...mobile, rank: 1 }).patient?.phone).toBe('555-000-0003');
    expect(phone(work, plain).patient?.phone).toBe('555-000-0004');
    expect(phone(work).patient?.phone).toBe('555-000-0001');
  });

  it('is a current one that is one', () => {
    expect(
      phone(
        number('555-000-0001', { use: 'old' }),
        number('555-000-0002', { period: { end: '2026-03-08T00:00:00Z' } }),
        number('call the son'),
        number(' 555-000-0004 '),
      ),
    ).toMatchObject({
      patient: { phone: '555-000-0004' },
      notes: [
        'not_current Patient.telecom[1]',
        'not_valid Patient.telecom[2]',
        'not_current Patient.telecom[0]',
      ],
    });
  });

  it('is no fax, pager or address of the web', () => {
    const telecom = ['fax', 'pager', 'url', 'sms', 'other'].map((system) =>
      number('555-000-0001', { system }),
    );
    const { patient, notes } = convert({ telecom: [...telecom, { value: '555-000-0001' }] });
    expect(patient).not.toHaveProperty('phone');
    expect(notes).toStrictEqual([0, 1, 2, 3, 4, 5].map((index) => `no_field Patient.telecom[${index}]`));
  });
});

describe('an e-mail address', () => {
  const mail = (value: string, more = {}) => ({ system: 'email', value, ...more });

  it('is chosen as a telephone number is', () => {
    const telecom = [mail('a@work.example', { use: 'work' }), mail('a@home.example', { use: 'home' })];
    expect(convert({ telecom })).toMatchObject({
      patient: { email: 'a@home.example' },
      notes: ['another_chosen Patient.telecom[0]'],
    });
  });

  it('that is not one is left out, and the patient is kept', () => {
    const { patient, notes } = convert({
      telecom: [mail('none'), { system: 'phone', value: '555-894-4777' }],
    });
    expect(patient).not.toHaveProperty('email');
    expect(patient?.phone).toBe('555-894-4777');
    expect(notes).toStrictEqual(['not_valid Patient.telecom[0]']);
  });
});

describe('an address', () => {
  const at = (...address: object[]) => convert({ address });
  const boston = {
    line: ['1 Main St', 'Apt 2'],
    city: 'Boston',
    state: 'MA',
    postalCode: '02101',
    country: 'US',
  };

  it('is kept with all its parts, and what Salus has no field for is noted', () => {
    expect(
      at({ ...boston, type: 'both', text: 'as above', district: 'Suffolk', extension: [] }),
    ).toMatchObject({
      patient: { address: boston },
      notes: ['no_field Patient.address[0].district', 'no_field Patient.address[0].extension'],
    });
  });

  it('is the one at home, and a current one', () => {
    const named = (city: string, more: object) => ({ city, ...more });
    expect(
      at(
        named('Old', { use: 'old' }),
        named('Billing', { use: 'billing' }),
        named('Work', { use: 'work' }),
        named('Temp', { use: 'temp', period: { end: '2025-12' } }),
        named('Home', { use: 'home' }),
      ),
    ).toMatchObject({
      patient: { address: { line: [], city: 'Home' } },
      notes: [
        'not_current Patient.address[3]',
        'another_chosen Patient.address[2]',
        'another_chosen Patient.address[1]',
        'not_current Patient.address[0]',
      ],
    });
  });

  it('that is known only as text has its lines', () => {
    expect(at({ text: '1 Main St\r\nBoston\n' }).patient?.address).toStrictEqual({
      line: ['1 Main St', 'Boston'],
    });
  });

  it.each([
    ['a line too long', { ...boston, line: ['x'.repeat(201)] }],
    ['six lines', { ...boston, line: Array(6).fill('x') }],
    ['a line end in a line', { ...boston, line: ['1 Main St\nApt 2'] }],
    ['a postal code too long', { ...boston, postalCode: '0'.repeat(21) }],
    ['nothing that is kept', { use: 'home', district: 'Suffolk' }],
  ])('with %s is left out whole, and the patient is kept', (_, address) => {
    const { patient, notes } = at(address);
    expect(patient).not.toHaveProperty('address');
    expect(notes).toStrictEqual(['not_valid Patient.address[0]']);
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
