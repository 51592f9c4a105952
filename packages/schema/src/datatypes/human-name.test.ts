import { describe, expect, it } from 'vitest';
import { humanName } from './human-name.ts';

describe('a human name', () => {
  it.each([
    ['José in NFC', 'Jos\u00e9'],
    ['José in NFD', 'Jose\u0301'],
    ['a typographic apostrophe', 'O\u2019Brien'],
    ['an apostrophe', "O'Connor"],
    ['two marks on one letter', 'Nguyễn'],
    ['Han', '李小龍'],
    ['an initial that is not ASCII', 'Ødegård'],
    ['a right-to-left script', 'محمد'],
    ['an emoji', '🦄'],
    ['a bidi override', 'a\u202eb\u202c'],
    ['a zero-width joiner', 'क्\u200dष'],
    ['a zero-width non-joiner', 'می\u200cخواهم'],
    ['a hyphen and a space', 'García-López de la Cruz'],
    ['one letter', 'O'],
    ['what looks like markup', '<b>Null</b>'],
    ['what looks like a formula', '=1+1'],
  ])('VAL-11: is kept exactly with %s', (_, value) => {
    expect(humanName.parse({ family: value, given: [value] })).toStrictEqual({
      family: value,
      given: [value],
    });
  });

  it('VAL-11: may be a single name', () => {
    expect(humanName.parse({ family: 'Suharto', given: [] })).toStrictEqual({ family: 'Suharto', given: [] });
  });

  it('VAL-11: has parts of up to 200 characters, in any script, and up to ten given names', () => {
    expect(humanName.safeParse({ family: '龍'.repeat(200), given: [] }).success).toBe(true);
    expect(humanName.safeParse({ family: '𠮷'.repeat(200), given: [] }).success).toBe(true);
    expect(humanName.safeParse({ family: 'a'.repeat(201), given: [] }).success).toBe(false);
    expect(humanName.safeParse({ family: 'a', given: ['a'.repeat(201)] }).success).toBe(false);
    expect(humanName.safeParse({ family: 'a', given: Array(10).fill('a') }).success).toBe(true);
    expect(humanName.safeParse({ family: 'a', given: Array(11).fill('a') }).success).toBe(false);
  });

  it.each([
    ['no family name', { given: ['Ann'] }],
    ['an empty family name', { family: '', given: [] }],
    ['an empty given name', { family: 'a', given: [''] }],
    ['given names that are not a list', { family: 'a', given: 'Ann' }],
    ['a null among them', { family: 'a', given: [null] }],
    ['no list of given names', { family: 'a' }],
  ])('is refused with %s', (_, value) => {
    expect(humanName.safeParse(value).success).toBe(false);
  });
});
