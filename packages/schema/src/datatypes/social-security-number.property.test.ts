import fc from 'fast-check';
import { expect, it } from 'vitest';
import { socialSecurityNumber } from './social-security-number.ts';

const digits = (length: number) =>
  fc.integer({ min: 0, max: 10 ** length - 1 }).map((value) => String(value).padStart(length, '0'));
const parts = fc.tuple(digits(3), digits(2), digits(4));
const separator = fc.constantFrom('', '-', ' ', '\u2013', '\u00a0', ' - ');

function assignable([area, group, serial]: readonly [string, string, string]): boolean {
  const number = Number(area);
  const ofAnArea = number !== 0 && number !== 666 && (number < 900 || number === 999);
  return ofAnArea && Number(group) !== 0 && Number(serial) !== 0;
}

it('VAL-14: however it is written, a number has one form, and is accepted by what it is and not by how it looks', () => {
  fc.assert(
    fc.property(parts, separator, fc.boolean(), (number, between, fullwidth) => {
      const written = number.join(between);
      const result = socialSecurityNumber.safeParse(fullwidth ? toFullwidth(written) : written);
      expect(result.success).toBe(assignable(number));
      if (result.success) expect(result.data).toBe(number.join('-'));
    }),
    { numRuns: 500 },
  );
});

it('VAL-14: the canonical form is its own canonical form', () => {
  fc.assert(
    fc.property(parts.filter(assignable), (number) => {
      const canonical = socialSecurityNumber.parse(number.join(''));
      expect(socialSecurityNumber.parse(canonical)).toBe(canonical);
    }),
  );
});

function toFullwidth(value: string): string {
  return value.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
}
