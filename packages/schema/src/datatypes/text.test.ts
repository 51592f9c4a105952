import { describe, expect, it } from 'vitest';
import { text } from './text.ts';

const accepts = (value: unknown, max = 10) => text({ max }).safeParse(value).success;

describe('text', () => {
  it('keeps what it accepts exactly as it was written, in any script and any normal form', () => {
    for (const value of [
      'e\u0301',
      '\u00e9',
      '\u{1f469}\u200d\u2695\ufe0f',
      '\u202eabc\u202c',
      '李 小龍',
      'a\u200bb',
    ]) {
      expect(text({ max: 10 }).parse(value)).toBe(value);
    }
  });

  it('counts code points and not UTF-16 units, on both bounds', () => {
    expect(accepts('😀'.repeat(10))).toBe(true);
    expect(accepts('😀'.repeat(11))).toBe(false);
    expect(accepts('a'.repeat(10))).toBe(true);
    expect(accepts('a'.repeat(11))).toBe(false);
    expect(text({ min: 2, max: 10 }).safeParse('😀').success).toBe(false);
    expect(text({ min: 2, max: 10 }).safeParse('😀a').success).toBe(true);
  });

  it('refuses the empty string, unless none is asked for', () => {
    expect(accepts('')).toBe(false);
    expect(text({ min: 0, max: 10 }).parse('')).toBe('');
  });

  it('VAL-15: refuses NUL, every other C0 and C1 control, DEL, and what ends a line', () => {
    const controls = [...range(0x00, 0x1f), ...range(0x7f, 0x9f), 0x2028, 0x2029];
    for (const code of controls)
      expect(accepts(`a${String.fromCodePoint(code)}b`), code.toString(16)).toBe(false);
    expect(accepts('a\u0020b')).toBe(true);
    expect(accepts('a\u00a0b')).toBe(true);
  });

  it('refuses a lone surrogate, which PostgreSQL would store as another character', () => {
    expect(accepts('a\ud800b')).toBe(false);
    expect(accepts('a\udc00b')).toBe(false);
    expect(accepts('a\ud83d\ude00b')).toBe(true);
  });

  it('refuses space before or after', () => {
    for (const value of [' a', 'a ', '\u00a0a', 'a\u3000', '\ufeffa', ' '])
      expect(accepts(value)).toBe(false);
  });

  it('refuses what shows nothing', () => {
    for (const value of ['\u200b', '\u202e\u202c', '\u00ad', '\ufe0f', '\u115f', '\u{e0041}'])
      expect(accepts(value), JSON.stringify(value)).toBe(false);
    expect(accepts('\u0301')).toBe(true);
    expect(accepts('-')).toBe(true);
  });

  it('VAL-08: refuses what is not a string', () => {
    for (const value of [null, undefined, true, 5, {}, ['a'], new Date(0)])
      expect(accepts(value)).toBe(false);
  });

  it('VAL-02: refuses a long string by its length alone, without reading it', () => {
    const result = text({ max: 200 }).safeParse(`\u0000 ${'😀'.repeat(250_000)}\ud800 `);
    expect(result.error?.issues.map(({ message }) => message)).toEqual(['at most 200 characters']);
  });

  it('says what is wrong without repeating the value', () => {
    const { error } = text({ max: 10 }).safeParse('secret\u0000');
    expect(JSON.stringify(error?.issues)).not.toContain('secret');
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
