// A telephone number, kept as it was written: 7 to 15 digits (ITU-T E.164) with the usual punctuation and an extension.
import { text } from './text.ts';

const WRITTEN = /^\+?[\d\s().\-/\u2010-\u2015]+(?:\s*(?:x|ext\.?)\s*\d{1,6})?$/i;

export const telephoneNumber = text({ max: 40 }).refine((value) => {
  const plain = value.normalize('NFKC');
  const digits = plain.replace(/(?:x|ext\.?).*$/i, '').replace(/\D/g, '').length;
  return WRITTEN.test(plain) && digits >= 7 && digits <= 15;
}, 'not a telephone number');
