// What two spellings of a value must have in common to be found by one another. Applied to the input of blind indexes
// alone: what is stored is what was written.

export const normalise = {
  /** The same text, whichever way Unicode composes it (NFC). */
  exact: (text: string): string => text.normalize('NFC').trim(),

  /**
   * Without regard to case, width, spaces, the kind of dash and characters that nobody sees: `mrn 1-2`, `ＭＲＮ１‑２` and
   * `MRN1-2` are one number, or a record could be there twice under what reads as one.
   */
  recordNumber: (text: string): string =>
    text.normalize('NFKC').replace(UNSEEN, '').replace(DASHES, '-').toUpperCase().normalize('NFKC') ||
    normalise.exact(text),

  /** The digits: `123-45-6789`, `123 45 6789` and full-width digits are one. */
  digits: (text: string): string => text.normalize('NFKC').replace(/\D/g, ''),

  /** Without regard to case, which no mail provider distinguishes. */
  email: (text: string): string => text.normalize('NFC').trim().toLowerCase(),

  /** Without regard to case, accents, spaces and punctuation: `O’Connor` is `OCONNOR`, `Ordóñez` is `ordonez`. */
  name: (text: string): string => folded(text) || normalise.exact(text),
} as const;

const UNSEEN = /[\s\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** The minus sign is none, but is written for one. */
const DASHES = /[\p{Dash_Punctuation}\u2212]/gu;

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

/**
 * Everything that is no letter, digit or mark; the apostrophes that Unicode counts as letters (`Oʼahu`, `Kaʻiulani`); and what
 * nobody sees, though it is a mark or a letter: a variation selector behind an ideograph (`辻󠄀`), a Hangul filler.
 */
const NO_LETTERS = /[^\p{L}\p{N}\p{M}]|[\u02b9-\u02bf\p{Default_Ignorable_Code_Point}]/gu;

function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(NO_LETTERS, '') // before the accents: an acute accent that stands for an apostrophe is a space with an accent
    .normalize('NFD') // marks that have come to stand side by side have an order
    .replace(ACCENTS, '')
    .toLowerCase()
    .replace(/[ßæœøđðħıłŧþ]/g, (letter) => PLAIN_LETTERS[letter] ?? letter)
    .replaceAll('ς', 'σ')
    .normalize('NFC');
}
