// Names out of FHIR: which of several is taken, and what is said of the rest.
import { describe, expect, it } from 'vitest';
import { convert } from './test-patient.ts';

describe('a name', () => {
  const named = (...name: object[]) => convert({ name });

  it.each([
    ['an accent', 'Ordóñez', 'Bernardo'],
    ['an accent in NFD', 'Ordo\u0301n\u0303ez', 'Jose\u0301'],
    ['an apostrophe', "O'Connor", "D'Arcy"],
    ['Han', '张', '伟'],
    ['a zero-width joiner', 'क्\u200dष', 'a\u200db'],
  ])('VAL-11: is kept exactly with %s', (_, family, given) => {
    expect(named({ family, given: [given] })).toMatchObject({
      patient: { name: { family, given: [given] } },
      notes: [],
    });
  });

  it('VAL-11: written in two ways is kept in the first', () => {
    const representation = (valueCode: string) => ({
      extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation', valueCode }],
    });
    const han = { ...representation('IDE'), use: 'official', text: '张伟', family: '张', given: ['伟'] };
    const latin = { ...representation('ABC'), use: 'official', family: 'Zhang', given: ['Wei'] };
    expect(named(han, latin)).toMatchObject({
      patient: { name: { family: '张', given: ['伟'] } },
      notes: ['another_chosen Patient.name[1]', 'no_field Patient.name[0].extension'],
    });
    expect(named(latin, han)).toMatchObject({ patient: { name: { family: 'Zhang', given: ['Wei'] } } });
  });

  it('is the official one, then the usual one, then the first; a maiden name comes last', () => {
    const maiden = { use: 'maiden', family: 'Maiden' };
    const nickname = { use: 'nickname', family: 'Nickname' };
    const usual = { use: 'usual', family: 'Usual' };
    const official = { use: 'official', family: 'Official' };
    expect(named(maiden, nickname, usual, official)).toMatchObject({
      patient: { name: { family: 'Official' } },
      notes: [2, 1, 0].map((index) => `another_chosen Patient.name[${index}]`),
    });
    expect(named(maiden, nickname, usual).patient?.name.family).toBe('Usual');
    expect(named(maiden, nickname).patient?.name.family).toBe('Nickname');
    expect(named(maiden).patient?.name.family).toBe('Maiden');
    expect(named(maiden, { family: 'First' }, { family: 'Second' }).patient?.name.family).toBe('First');
  });

  it('is a current one', () => {
    expect(named({ use: 'old', family: 'Old' }, { family: 'New' })).toMatchObject({
      patient: { name: { family: 'New' } },
      notes: ['not_current Patient.name[0]'],
    });
    expect(named({ use: 'official', family: 'Over', period: { end: '2026-03-07' } })).toStrictEqual({
      skipped: 'no_name',
      notes: ['not_current Patient.name[0]'],
    });
  });

  it('is trimmed, and what is then empty is absent', () => {
    expect(named({ family: ' Lee\n', given: ['\u00a0Ann ', ' ', 'Mei'] })).toMatchObject({
      patient: { name: { family: 'Lee', given: ['Ann', 'Mei'] } },
      notes: [],
    });
  });

  it('with null among the given names, where FHIR has only an extension, is kept without it', () => {
    const given = {
      given: ['Ann', null],
      _given: [null, { extension: [{ url: 'x', valueCode: 'masked' }] }],
    };
    expect(named({ family: 'Lee', ...given })).toMatchObject({
      patient: { name: { family: 'Lee', given: ['Ann'] } },
      notes: ['no_field Patient.name[0].given.extension'],
    });
  });

  it('VAL-11: of somebody with one name, or known only as text, is the family part', () => {
    expect(named({ given: ['Suharto'] }).patient?.name).toStrictEqual({ family: 'Suharto', given: [] });
    expect(named({ given: ['Kusno', 'Sosrodihardjo'] }).patient?.name).toStrictEqual({
      family: 'Kusno Sosrodihardjo',
      given: [],
    });
    expect(named({ text: '张伟' }).patient?.name).toStrictEqual({ family: '张伟', given: [] });
    expect(named({ family: 'Suharto' }).patient?.name).toStrictEqual({ family: 'Suharto', given: [] });
  });

  it('loses its prefix and suffix, which is noted', () => {
    expect(named({ family: 'Cazares', prefix: ['Mr.'], suffix: ['PhD'] }).notes).toStrictEqual([
      'no_field Patient.name[0].prefix',
      'no_field Patient.name[0].suffix',
    ]);
  });

  it.each([
    ['a control character', { family: 'Le\u0000e' }],
    ['a line end inside', { family: 'Lee', given: ['Ann\nMei'] }],
    ['a lone surrogate', { family: 'Le\ud800e' }],
    ['a part of 201 characters', { family: 'a'.repeat(201) }],
    ['eleven given names', { family: 'Lee', given: Array(11).fill('a') }],
    ['nothing in it', { use: 'official' }],
    ['nothing but space', { family: ' ', given: [''], text: '\n' }],
  ])('with %s is not kept, and neither is who has no other', (_, name) => {
    expect(named(name)).toStrictEqual({ skipped: 'unusable_name', notes: ['not_valid Patient.name[0]'] });
    expect(named({ ...name, use: 'official' }, { family: 'Other' })).toMatchObject({
      patient: { name: { family: 'Other' } },
      notes: ['not_valid Patient.name[0]'],
    });
  });

  it('is needed', () => {
    expect(convert({ name: undefined }).skipped).toBe('no_name');
    expect(named().skipped).toBe('no_name');
  });
});
