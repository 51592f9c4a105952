import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from './bytes.ts';
import { fromBase64, fromBase64Url, fromHex, toBase64, toBase64Url, toHex } from './encoding.ts';
import { EncodingError } from './errors.ts';

const anyBytes = fc.uint8Array({ maxLength: 100 }).map((bytes) => Uint8Array.from(bytes));
const codecs = [
  { name: 'hexadecimal', to: toHex, from: fromHex, alphabet: /^[0-9a-f]*$/ },
  { name: 'Base 64', to: toBase64, from: fromBase64, alphabet: /^[A-Za-z0-9+/]*={0,2}$/ },
  { name: 'base64url', to: toBase64Url, from: fromBase64Url, alphabet: /^[A-Za-z0-9_-]*$/ },
];

describe.each(codecs)('$name', ({ to, from, alphabet }) => {
  it('gives back every byte string', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(to(bytes)).toMatch(alphabet);
        expect(from(to(bytes))).toStrictEqual(bytes);
      }),
    );
  });

  it('reads one spelling of each, and refuses every other text', () => {
    const nearMiss = fc.string({ unit: fc.constantFrom(...'AQgw019afFz+/-_= \n'), maxLength: 9 });
    fc.assert(
      fc.property(fc.oneof(nearMiss, fc.string({ unit: 'binary' })), (text) => {
        const read = attempt(() => from(text));
        expect(read instanceof EncodingError || to(read) === text).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('takes more bytes than a call takes arguments', () => {
    const bytes = new Uint8Array(300_000).fill(0xa5);
    expect(from(to(bytes))).toStrictEqual(bytes);
  });
});

it('has the samples of RFC 4648 §10', () => {
  const samples = ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map(utf8);
  expect(samples.map(toBase64)).toStrictEqual([
    '',
    'Zg==',
    'Zm8=',
    'Zm9v',
    'Zm9vYg==',
    'Zm9vYmE=',
    'Zm9vYmFy',
  ]);
  expect(samples.map(toHex).at(-1)).toBe('666f6f626172');
  expect(toBase64Url(Uint8Array.of(0xfb, 0xff))).toBe('-_8');
});

it.each(['Zg', 'Zg=', 'Zh==', 'Zg== ', 'Zg=\n', 'Z===', '====', '=Zg=', 'Zm9=', '-_8=', 'Zg==Zg=='])(
  'refuses %j as Base 64',
  (text) => {
    expect(() => fromBase64(text)).toThrow(EncodingError);
  },
);

it.each(['Zg==', 'Zh', 'Z', '+/8', 'Zg\n', 'Zm9'])('refuses %j as base64url', (text) => {
  expect(() => fromBase64Url(text)).toThrow(EncodingError);
});

it.each(['0', 'FF', '0x', ' 0', '0g', '\\x00', '00\n', '００'])('refuses %j as hexadecimal', (text) => {
  expect(() => fromHex(text)).toThrow(EncodingError);
});

function attempt<T>(read: () => T): T | EncodingError {
  try {
    return read();
  } catch (error) {
    if (error instanceof EncodingError) return error;
    throw error;
  }
}
