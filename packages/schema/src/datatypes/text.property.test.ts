import fc from 'fast-check';
import { expect, it } from 'vitest';
import { text } from './text.ts';

it('accepts a string exactly when it is well-formed, one trimmed line without controls, seen, and within its bounds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 14 }), (value) => {
      const length = [...value].length;
      const expected =
        value.isWellFormed() &&
        !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value) &&
        value.trim() === value &&
        [...value].some((character) => !/[\p{Cf}\p{Default_Ignorable_Code_Point}\s]/u.test(character)) &&
        length >= 1 &&
        length <= 10;
      expect(text({ max: 10 }).safeParse(value).success).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

it('never changes a string that it accepts', () => {
  const schema = text({ min: 0, max: 200 });
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (value) => {
      const result = schema.safeParse(value);
      if (result.success) expect(result.data).toBe(value);
    }),
    { numRuns: 500 },
  );
});
