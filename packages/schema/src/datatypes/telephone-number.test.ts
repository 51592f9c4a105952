import { describe, expect, it } from 'vitest';
import { telephoneNumber } from './telephone-number.ts';

describe('a telephone number', () => {
  it.each([
    ...['555-894-4777', '(555) 894-4777', '+1 555 894 4777', '+1.555.894.4777', '5558944777', '8944777'],
    ...['555-894-4777 x12', '555-894-4777 ext. 12', '555-894-4777 EXT 123456', '555-894-4777x1'],
    ...[
      '+49 30/1234567',
      '+44 20 7946 0958',
      '555\u2013894\u20134777',
      '５５５-８９４-４７７７',
      '+123456789012345',
    ],
  ])('%j is kept as it was written', (value) => {
    expect(telephoneNumber.parse(value)).toBe(value);
  });

  it.each([
    ...['', '123456', '1234567890123456', 'x12', '555-CALL-NOW', '555-894-4777 x', '555-894-4777 x1234567'],
    ...['++15558944777', '1+5558944777', '٥٥٥٨٩٤٤٧٧٧', '555-894-4777, 555-894-4778', 'tel:+15558944777'],
    ...['555-894-4777\n', ' 555-894-4777', '555\u0000894 4777', '.......', `+1 555 ${'-'.repeat(40)}8944777`],
  ])('%j is none', (value) => {
    expect(telephoneNumber.safeParse(value).success).toBe(false);
  });

  it('VAL-08: is never a number', () => {
    for (const value of [5558944777, null, true])
      expect(telephoneNumber.safeParse(value).success).toBe(false);
  });

  it('VAL-02: refuses a long string at once, whatever it holds', () => {
    for (const value of [`1${' '.repeat(1_000_000)}z`, '1 '.repeat(500_000), '1'.repeat(1_000_000)]) {
      expect(telephoneNumber.safeParse(value).error?.issues).toHaveLength(1);
    }
  });
});
