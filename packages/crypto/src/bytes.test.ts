import fc from 'fast-check';
import { expect, it } from 'vitest';
import { timingSafeEqual, uint32 } from './bytes.ts';
import { toHex } from './encoding.ts';

it('CRY-15: compares secrets byte by byte, and takes unequal lengths for unequal', () => {
  const anyBytes = fc.uint8Array({ max: 1, maxLength: 4 });
  fc.assert(
    fc.property(anyBytes, anyBytes, (a, b) => {
      expect(timingSafeEqual(a, b)).toBe(toHex(a) === toHex(b));
    }),
    { numRuns: 1000 },
  );
  expect(timingSafeEqual(Uint8Array.of(1, 0), Uint8Array.of(1))).toBe(false);
  expect(timingSafeEqual(Uint8Array.of(), Uint8Array.of(0))).toBe(false);
  expect(timingSafeEqual(Uint8Array.of(0), Uint8Array.of())).toBe(false);
});

it('writes 32 bits with the highest first', () => {
  expect([0, 1, 0x01020304, 0x80000000, 0xffffffff].map((value) => toHex(uint32(value)))).toStrictEqual([
    '00000000',
    '00000001',
    '01020304',
    '80000000',
    'ffffffff',
  ]);
});
