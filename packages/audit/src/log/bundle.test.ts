import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBundle, encodeBundle } from './bundle.ts';

describe('an entry bundle', () => {
  it('puts the length of each entry in two bytes before it, the large one first', () => {
    const entries = [Uint8Array.of(7), new Uint8Array(0), new Uint8Array(258)];
    expect([...encodeBundle(entries).subarray(0, 8)]).toStrictEqual([0, 1, 7, 0, 0, 1, 2, 0]);
  });

  it('gives back what was put into it', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), (entries) => {
        expect(decodeBundle(encodeBundle(entries), entries.length)).toStrictEqual(entries);
      }),
    );
  });

  it('takes an entry of 65,535 bytes and none of more', () => {
    const [entry] = decodeBundle(encodeBundle([new Uint8Array(65_535)]), 1);
    expect(entry).toHaveLength(65_535);
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow(
      expect.objectContaining({ code: 'entry_too_large' }),
    );
  });

  it('is refused when it holds more, fewer, or a part of an entry', () => {
    const bundle = encodeBundle([Uint8Array.of(1), Uint8Array.of(2)]);
    const malformed = expect.objectContaining({ code: 'bundle_malformed' });
    expect(() => decodeBundle(bundle, 1)).toThrow(malformed);
    expect(() => decodeBundle(bundle, 3)).toThrow(malformed);
    for (let end = 0; end < bundle.length; end++) {
      expect(() => decodeBundle(bundle.subarray(0, end), 2)).toThrow(malformed);
    }
    expect(() => decodeBundle(Uint8Array.of(...bundle, 0), 2)).toThrow(malformed);
  });

  it('is read the same where it is a part of a larger memory', () => {
    const memory = Uint8Array.of(9, 9, ...encodeBundle([Uint8Array.of(1)]), 9);
    expect(decodeBundle(memory.subarray(2, 5), 1)).toStrictEqual([Uint8Array.of(1)]);
  });
});
