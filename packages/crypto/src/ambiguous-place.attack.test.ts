// CRY-07: two places never have the same additional data, however their parts are cut: ("a", "bc") is not ("ab", "c").
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, lengthPrefixed, uint32, utf8 } from './bytes.ts';
import { toHex } from './encoding.ts';
import { IntegrityError } from './errors.ts';
import { additionalData, type Place } from './place.ts';
import { open, seal } from './sealed.ts';
import { testSealingKey } from './test-keys.ts';

type Parts = readonly [string, string, string, string];

const HEADER = Uint8Array.of(1, 0, 0, 0, 1);
const part = fc.string({ unit: 'binary', maxLength: 40 });
const shortPart = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\u0001', 'é'), maxLength: 3 });
const parts = fc.oneof(
  fc.tuple(part, part, part, part),
  fc.tuple(shortPart, shortPart, shortPart, shortPart),
);

describe('CRY-07: places that run together', () => {
  it('do not open for one another', async () => {
    const key = await testSealingKey();
    const sealed = await seal(key, placeOf(['o', 'a', 'bc', 'r']), 'x');
    await expect(open(key, placeOf(['o', 'ab', 'c', 'r']), sealed)).rejects.toThrow(IntegrityError);
    await expect(open(key, placeOf(['oa', '', 'bc', 'r']), sealed)).rejects.toThrow(IntegrityError);
    await expect(open(key, placeOf(['o', 'a', 'bcr', '']), sealed)).rejects.toThrow(IntegrityError);
  });

  it('have other additional data, whatever their parts', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = a.every((text, at) => text === b[at]);
        expect(bytesOf(a) === bytesOf(b)).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  it('have other additional data under another header', () => {
    expect(toHex(additionalData(HEADER, placeOf(['o', 't', 'c', 'r'])))).not.toBe(
      toHex(additionalData(HEADER.with(0, 2), placeOf(['o', 't', 'c', 'r']))),
    );
  });

  it('are written as documented: domain, header, each part after its length in bytes', () => {
    fc.assert(
      fc.property(parts, (texts) => {
        const expected = texts.flatMap((text) => [uint32(utf8(text).length), utf8(text)]);
        expect(bytesOf(texts)).toBe(toHex(concat(utf8('salus/sealed/v1'), HEADER, ...expected)));
        expect(toHex(lengthPrefixed(texts))).toBe(toHex(concat(...expected)));
      }),
      { numRuns: 1000 },
    );
  });
});

it('a place that differs in one part from the one before has additional data of its own', () => {
  const base: Parts = ['o', 't', 'c', 'r'];
  const others: Parts[] = [
    ['x', 't', 'c', 'r'],
    ['o', 'x', 'c', 'r'],
    ['o', 't', 'x', 'r'],
    ['o', 't', 'c', 'x'],
  ];
  for (const texts of others.flatMap((other) => [base, other])) {
    const written = concat(utf8('salus/sealed/v1'), HEADER, lengthPrefixed(texts));
    expect(bytesOf(texts)).toBe(toHex(written));
  }
});

it('additional data that was given out is not written over by the next', () => {
  const first = additionalData(HEADER, placeOf(['o', 't', 'c', 'r']));
  const before = toHex(first);
  const long = 'é'.repeat(3000);
  for (let at = 0; at < 1000; at++)
    additionalData(HEADER, placeOf(['p', 'u', at % 100 === 0 ? long : 'd', `${at}`]));
  expect(toHex(first)).toBe(before);
});

function bytesOf(texts: Parts): string {
  return toHex(additionalData(HEADER, placeOf(texts)));
}

function placeOf([organization, table, column, row]: Parts): Place {
  return { organization, table, column, row };
}
