// Telephone numbers, e-mail addresses and postal addresses out of FHIR: which are taken, and what is said of the rest.
import { describe, expect, it } from 'vitest';
import { convert } from './test-patient.ts';

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
