import { describe, expect, it } from 'vitest';
import { socialSecurityNumber } from './social-security-number.ts';

describe('a Social Security number', () => {
  it.each([
    ...['123-45-6789', '123456789', '123 45 6789', ' 123-45-6789 ', '123\u00a045\u00a06789', '123\t45\t6789'],
    ...[
      '123\u201345\u20136789',
      '123\u201145\u20116789',
      '１２３-４５-６７８９',
      '１２３４５６７８９',
      '123－45－6789',
    ],
  ])('VAL-14: %j has one canonical form', (value) => {
    expect(socialSecurityNumber.parse(value)).toBe('123-45-6789');
  });

  it.each(['001-01-0001', '899-99-9999', '665-01-0001', '667-01-0001', '078-05-1120', '999-87-3283'])(
    'VAL-14: %s could have been assigned, or is kept for examples, and keeps its zeros',
    (value) => expect(socialSecurityNumber.parse(value)).toBe(value),
  );

  it.each([
    '000-12-3456',
    '666-12-3456',
    '900-12-3456',
    '987-65-4320',
    '998-12-3456',
    '123-00-6789',
    '123-45-0000',
  ])('VAL-14: %s was never assigned', (value) =>
    expect(socialSecurityNumber.safeParse(value).success).toBe(false),
  );

  it.each([
    ...[
      '12345678',
      '1234567890',
      '123-45-678',
      '123-45-67890',
      '',
      '-',
      '***-**-6789',
      'XXX-XX-6789',
      '123.45.6789',
    ],
    ...[
      '12345678a',
      '١٢٣٤٥٦٧٨٩',
      '123-45-6789 x',
      '+123456789',
      '1e8',
      '123-45-6789\u0000',
      `123456789${' '.repeat(64)}`,
    ],
  ])('VAL-14: %j is none', (value) => {
    expect(socialSecurityNumber.safeParse(value).success).toBe(false);
  });

  it('VAL-08: a number is none, and neither is null', () => {
    for (const value of [123456789, null, undefined, true, ['123456789']]) {
      expect(socialSecurityNumber.safeParse(value).success).toBe(false);
    }
  });

  it('never stands in what is said of it', () => {
    const { error } = socialSecurityNumber.safeParse('123-45-678');
    expect(error?.issues[0]?.message).toBe('not a Social Security number');
    expect(JSON.stringify(error?.issues)).not.toMatch(/123|678/);
  });
});
