// What may become a password (NIST SP 800-63B-4 §3.1.1.2): eight characters or more, any characters, nothing that everybody
// tries first and nothing that names the account. No rule says what it must be made of.
import * as z from 'zod';
import { COMMON_PASSWORDS } from './common-passwords.ts';

const AT_LEAST = 8;
const AT_MOST = 128;

/**
 * A schema of 8 to 128 code points. Its issues say what is wrong and never what was typed; what is far too long is not
 * looked at.
 * @param email of the account: its local part is no password for it
 */
export function newPassword({ email }: { readonly email: string }) {
  const [localPart = ''] = email.toLowerCase().split('@');
  return z
    .string()
    .max(AT_MOST * 2, { error: `at most ${AT_MOST} characters`, abort: true })
    .refine((value) => value.isWellFormed(), 'not well-formed Unicode')
    .refine((value) => [...value].length >= AT_LEAST, `at least ${AT_LEAST} characters`)
    .refine((value) => [...value].length <= AT_MOST, `at most ${AT_MOST} characters`)
    .refine((value) => !COMMON_PASSWORDS.has(value.toLowerCase()), 'among the passwords that are tried first')
    .refine(
      (value) => localPart === '' || value.toLowerCase() !== localPart,
      'the same as the e-mail address',
    )
    .refine((value) => value.toLowerCase() !== email.toLowerCase(), 'the same as the e-mail address');
}
