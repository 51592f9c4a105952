import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bytes } from './bytes.ts';
import { UnsealableError } from './errors.ts';
import { type JsonValue, keyVersionOf, open, seal } from './sealed.ts';
import { PLACE, testSealingKey } from './test-keys.ts';

const HEADER_AND_NONCE = 17;
const TAG = 16;

const key = await testSealingKey();
// JSON has one zero, so what is sealed is never the other one.
const anyJson = fc
  .jsonValue({ stringUnit: 'binary' })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const anyText = fc.string({ unit: 'binary', maxLength: 300 });

describe('CRY-18: what was sealed is what is opened', () => {
  it('for every JSON value', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson, async (value) => {
        expect(await open(key, PLACE, await seal(key, PLACE, value))).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('for every text, in every script, composed or not', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect(await open(key, PLACE, await seal(key, PLACE, text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('for every code point of Unicode that can stand in a text', async () => {
    const points = Array.from({ length: 0x110000 }, (_, point) => point);
    const surrogate = (point: number) => point >= 0xd800 && point <= 0xdfff;
    for (let from = 0; from < points.length; from += 0x8000) {
      const text = String.fromCodePoint(
        ...points.slice(from, from + 0x8000).filter((point) => !surrogate(point)),
      );
      expect((await open(key, PLACE, await seal(key, PLACE, text))) === text).toBe(true);
    }
  });

  it('for a byte order mark at the front', async () => {
    expect(await open(key, PLACE, await seal(key, PLACE, '\ufeffÅsa'))).toBe('\ufeffÅsa');
  });

  it.each([null, '', 0, -1.5, false, [], {}, { __proto__: null }, ['', null, { a: [] }]])(
    'for %j',
    async (value) => {
      expect(await open(key, PLACE, await seal(key, PLACE, value))).toStrictEqual(
        JSON.parse(JSON.stringify(value)),
      );
    },
  );

  it('for a megabyte', async () => {
    const note = 'ß'.repeat(2 ** 19);
    expect((await open(key, PLACE, await seal(key, PLACE, note))) === note).toBe(true);
  });

  it('at every place, in every script', async () => {
    const anyPlace = fc.record({ organization: anyText, table: anyText, column: anyText, row: anyText });
    await fc.assert(
      fc.asyncProperty(anyPlace, anyJson, async (place, value) => {
        expect(await open(key, place, await seal(key, place, value))).toStrictEqual(value);
      }),
    );
  });
});

describe('what cannot be sealed', () => {
  it.each([
    ['a lone surrogate', 'x\ud800'],
    ['a lone surrogate deep inside', { a: ['\udc00x'] }],
    ['a lone surrogate in a name', { '\ud800': 1 }],
    ['what is not a number', Number.NaN],
    ['infinity', [Number.NEGATIVE_INFINITY]],
  ])('%s', async (_, value) => {
    await expect(seal(key, PLACE, value)).rejects.toThrow(UnsealableError);
  });

  it.each([
    ['nothing at all', undefined],
    ['a big integer', 1n],
    ['a function', () => 1],
    ['a symbol', [Symbol('x')]],
  ])('%s, which the types refuse already', async (_, value) => {
    await expect(seal(key, PLACE, value as unknown as JsonValue)).rejects.toThrow(UnsealableError);
  });
});

it('has the documented layout: version, key version, nonce, ciphertext, tag', async () => {
  const sealed = await seal(await testSealingKey(0x01020304), PLACE, 'Ordóñez');
  expect([...sealed.subarray(0, 5)]).toStrictEqual([1, 1, 2, 3, 4]);
  expect(keyVersionOf(sealed)).toBe(0x01020304);
  expect(sealed).toHaveLength(HEADER_AND_NONCE + 32 + TAG);
});

it('opens what lies inside a longer array', async () => {
  const sealed = await seal(key, PLACE, 'Nguyễn');
  const longer: Bytes = new Uint8Array(sealed.length + 20);
  longer.set(sealed, 9);
  expect(await open(key, PLACE, longer.subarray(9, 9 + sealed.length))).toBe('Nguyễn');
});
