import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from './normalise.ts';

describe('a name is found by its other spellings', () => {
  it.each([
    ['Ordóñez', 'Ordonez', 'ORDÓÑEZ', 'Ordo\u0301n\u0303ez', ' ordoñez '],
    [
      'O’Connor',
      "O'Connor",
      'OCONNOR',
      'O Connor',
      'O‘Connor',
      'Oʼconnor',
      'O´Connor',
      'O`Connor',
      'o-connor',
    ],
    ['Kaʻiulani', 'Kaiulani', "Ka'iulani"],
    ['Nguyễn', 'NGUYỄN', 'Nguyen', 'Nguye\u0302\u0303n', 'Nguyê\u0303n'],
    ['İstanbul', 'istanbul', 'ISTANBUL', 'ıstanbul', 'I\u0307stanbul'],
    ['Weiß', 'WEISS', 'Weiss', 'WEIẞ'],
    ['Łukasz', 'lukasz', 'ŁUKASZ'],
    ['Søren', 'SOREN', 'Sören'],
    ['Đặng', 'Dang', 'ĐẶNG'],
    ['Þórðardóttir', 'Thordardottir'],
    ['Παπαδόπουλος', 'ΠΑΠΑΔΟΠΟΥΛΟΣ', 'παπαδοπουλος', 'παπαδοπουλοσ'],
    ['Йорданов', 'ЙОРДАНОВ', 'И\u0306орданов'],
    ['Jean-Luc', 'Jean Luc', 'jeanluc', 'Jean\u2010Luc', 'Jean\u00a0Luc'],
    ['Ｓｍｉｔｈ', 'Smith'],
    ['ﬁsher', 'Fisher'],
    ['张伟', ' 张 伟 '],
    ['辻', '辻\u{e0100}', '辻\ufe00'],
    ['Fatma\u0131şık', 'fatmaisik', 'FATMAIŞIK'],
    ['Zo\u00eb', 'Zoe', 'Zo\u200de', 'Zo\u034fe', 'Z\u00adoe'],
    ['김민준', '김\u00a0민준'.normalize('NFD')],
    ['محمد', ' محمد '],
  ])('%s', (...spellings) => {
    const [first] = spellings;
    expect(first).not.toBe('');
    expect(new Set(spellings.map(normalise.name)).size).toBe(1);
    expect(normalise.name(first)).not.toBe('');
  });

  it.each([
    ['张伟', '张炜'],
    ['हिन्दी', 'हन्दी'],
    ['がく', 'かく'],
    ['佐々木', '佐木'],
    ['ユーリ', 'ユリ'],
    ['Ng', 'Nguyễn'],
    ['Ana', 'Anna'],
    ['김', '강'],
  ])('%s is not %s', (a, b) => {
    expect(normalise.name(a)).not.toBe(normalise.name(b));
  });

  it('is never lost altogether: what holds no letter stands for itself', () => {
    expect(normalise.name('-')).toBe('-');
    expect(normalise.name('🙂')).toBe('🙂');
    expect(normalise.name(' ? ')).not.toBe(normalise.name('!'));
  });

  it('is settled after one pass, and does not depend on composition or width, for all of Unicode', {
    timeout: 60_000,
  }, () => {
    const unsettled: string[] = [];
    for (let point = 0; point < 0x110000; point++) {
      const text = `a${String.fromCodePoint(point)}b`;
      if (!text.isWellFormed()) continue;
      const name = normalise.name(text);
      const others = [name, text.normalize('NFD'), text.normalize('NFC'), text.normalize('NFKC')];
      if (others.some((other) => normalise.name(other) !== name)) unsettled.push(point.toString(16));
    }
    expect(unsettled).toStrictEqual([]);
  });

  it('does so for texts, too', () => {
    const letter = fc.constantFrom(
      ...'aIÉñşЙя張한が',
      'İ',
      'ı',
      'ς',
      'ẞ',
      '\u0301',
      '\u0327',
      '\u0307',
      '´',
      "'",
      ' ',
      'ʼ',
      '々',
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: letter }), fc.string({ unit: 'grapheme' })), (text) => {
        const name = normalise.name(text);
        expect(normalise.name(text.normalize('NFD'))).toBe(name);
        expect(normalise.name(text.normalize('NFC'))).toBe(name);
        expect(normalise.name(name)).toBe(name);
      }),
      {
        numRuns: 3000,
        // Marks that come to stand side by side when what is no letter between them has gone.
        examples: [['\u1d00\u{1d157}\u{1d165}\u02db']],
      },
    );
  });
});

describe('other values', () => {
  it.each([
    '123-45-6789',
    '123 45 6789',
    '123456789',
    '１２３-４５-６７８９',
    '123\u201345\u20136789',
    ' 123.45.6789 ',
  ])('the digits of %j are 123456789', (text) => {
    expect(normalise.digits(text)).toBe('123456789');
  });

  it('an e-mail address has no case and no composition', () => {
    expect(normalise.email(' Ana.Ordo\u0301n\u0303ez@Example.COM ')).toBe('ana.ordóñez@example.com');
    expect(normalise.email('a.b@example.com')).not.toBe(normalise.email('ab@example.com'));
    expect(normalise.email('ana+x@example.com')).not.toBe(normalise.email('ana@example.com'));
  });

  it.each([
    [
      'MRN-00A1',
      ...['mrn-00a1', ' MRN-00A1 ', 'MRN -00 A1', 'ＭＲＮ-００Ａ１', 'MRN\u201100A1', 'MRN\u221200a1'],
      ...['MRN-\u200b00A1', 'M\u00adRN-00A1', '\ufeffMRN-00A1', 'MRN-00A1\ufe0f', 'MRN\u00a0-\u200900A1'],
    ],
    ['É1', 'é1', 'E\u03011', 'e\u03011'],
    ['STRASSE', 'straße', 'Straße'],
    ['I1', 'i1', 'ı1'],
  ])('the record number %s is one, however it is written', (...spellings) => {
    const [first] = spellings;
    for (const spelling of spellings) expect(normalise.recordNumber(spelling)).toBe(first);
  });

  it.each([
    ['MRN-1', 'MRN1'],
    ['MRN-1', 'MRN-01'],
    ['MRN-O', 'MRN-0'],
    ['A.1', 'A1'],
    ['E1', 'É1'],
    ['\u00ad', '\u200b'],
  ])('the record numbers %j and %j are two', (a, b) => {
    expect(normalise.recordNumber(a)).not.toBe(normalise.recordNumber(b));
    expect(normalise.recordNumber(a)).not.toBe('');
  });

  it('a record number is settled after one pass, for all of Unicode', { timeout: 60_000 }, () => {
    const unsettled: string[] = [];
    for (let point = 0; point < 0x110000; point++) {
      const text = `a${String.fromCodePoint(point)}b`;
      if (!text.isWellFormed()) continue;
      const number = normalise.recordNumber(text);
      const others = [number, text.normalize('NFD'), text.normalize('NFKD'), text.toUpperCase()];
      if (others.some((other) => normalise.recordNumber(other) !== number))
        unsettled.push(point.toString(16));
    }
    expect(unsettled).toStrictEqual([]);
  });

  it('what is compared exactly keeps its case and accents', () => {
    expect(normalise.exact(' MRN-00é ')).toBe('MRN-00é');
    expect(normalise.exact('e\u0301')).toBe('é');
    expect(normalise.exact('a')).not.toBe(normalise.exact('A'));
  });
});
