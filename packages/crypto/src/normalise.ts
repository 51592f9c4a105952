// What two spellings of a value must have in common to be found by one another. Applied to the input of blind indexes
// alone: what is stored is what was written.

export const normalise = {
  /** The same text, whichever way Unicode composes it (NFC). */
  exact: (text: string): string => text.normalize('NFC').trim(),

  /** The digits: `123-45-6789`, `123 45 6789` and full-width digits are one. */
  digits: (text: string): string => text.normalize('NFKC').replace(/\D/g, ''),

  /** Without regard to case, which no mail provider distinguishes. */
  email: (text: string): string => text.normalize('NFC').trim().toLowerCase(),

  /** Without regard to case, accents, spaces and punctuation: `O’Connor` is `OCONNOR`, `Ordóñez` is `ordonez`. */
  name: (text: string): string => folded(text) || normalise.exact(text),
} as const;

/** Letters that carry a stroke or a ligature instead of an accent, which decomposition leaves alone. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  ŧ: 't',
  þ: 'th',
};

/** Accents are dropped after letters of Latin, Greek and Cyrillic; in other scripts a mark is part of the letter. */
const ACCENTS = /(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]\p{Mn}*)\p{Mn}/gu;

/** Everything that is no letter, digit or mark; and the apostrophes that Unicode counts as letters (`Oʼahu`, `Kaʻiulani`). */
const NO_LETTERS = /[^\p{L}\p{N}\p{M}]|[\u02b9-\u02bf]/gu;

function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(NO_LETTERS, '') // before the accents: an acute accent that stands for an apostrophe is a space with an accent
    .replace(ACCENTS, '')
    .toLowerCase()
    .replace(/[ßæœøđðħıłŧþ]/g, (letter) => PLAIN_LETTERS[letter] ?? letter)
    .replaceAll('ς', 'σ')
    .normalize('NFC');
}
