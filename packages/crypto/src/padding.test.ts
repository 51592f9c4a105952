import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntegrityError } from './errors.ts';
import { pad, unpad } from './padding.ts';
import { seal } from './sealed.ts';
import { PLACE, testSealingKey } from './test-keys.ts';

describe('CRY-19: a sealed value is as long as its bucket', () => {
  it.each([
    [0, 32],
    [1, 32],
    [28, 32],
    [29, 64],
    [60, 64],
    [61, 128],
    [124, 128],
    [125, 256],
    [252, 256],
    [253, 512],
    [508, 512],
    [509, 1024],
    [1020, 1024],
    [1021, 2048],
    [2044, 2048],
    [2045, 3072],
    [100_000, 100_352],
  ])('%i bytes become %i', (length, bucket) => {
    expect(pad(new Uint8Array(length))).toHaveLength(bucket);
  });

  it('so that a name of three letters and one of twenty look alike', async () => {
    const key = await testSealingKey();
    const lengths = await Promise.all(
      ['', 'Ng', 'Ana', 'Wolfeschlegelstein', '123-45-6789', null].map(
        async (value) => (await seal(key, PLACE, value)).length,
      ),
    );
    expect(new Set(lengths).size).toBe(1);
  });
});

describe('unpad', () => {
  it('gives back what was padded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        expect([...unpad(pad(Uint8Array.from(bytes)))]).toStrictEqual([...bytes]);
      }),
    );
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['less than the smallest bucket', new Uint8Array(31)],
    ['no bucket', new Uint8Array(33)],
    ['a length beyond the end', new Uint8Array(32).with(3, 29)],
    ['a length of another bucket', new Uint8Array(64).with(3, 28)],
    ['a length of four gigabytes', new Uint8Array(32).fill(0xff, 0, 4)],
    ['bytes where zeros belong', new Uint8Array(32).with(3, 5).with(31, 1)],
  ])('refuses %s', (_, bytes) => {
    expect(() => unpad(bytes)).toThrow(IntegrityError);
  });
});
