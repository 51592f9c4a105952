// A US Social Security number, `123-45-6789` once normalised. Areas 000 and 666, group 00 and serial 0000 were never
// assigned (SSA POMS RM 10201.035), nor was any area from 900 on. Area 999 is let through: it belongs to nobody, and it
// is what Synthea puts on its synthetic patients, so that test data can carry a number that no person has.
import * as z from 'zod';

const ASSIGNABLE = /^(?!000|666|9(?!99))\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/;

export const socialSecurityNumber = z
  .string()
  .max(64)
  .transform((value) => {
    const digits = value.normalize('NFKC').replace(/[\s\u2010-\u2015-]/g, '');
    return `${digits.slice(0, 3)}-${digits.slice(3, 5)}-${digits.slice(5)}`;
  })
  .pipe(z.string().regex(ASSIGNABLE, 'not a Social Security number'));
