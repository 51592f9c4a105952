// The string that every other string is made of. PostgreSQL refuses NUL and silently replaces a lone surrogate, so both
// are refused here, with the other control characters and line separators; lengths are counted in code points, as people
// count. Nothing is normalised: a name is kept as its owner writes it, and made comparable only in its blind index. What
// is far too long is refused by its length alone: the checks after that, here and in what is built on this, never see it.
import * as z from 'zod';

const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const SEEN = /[^\s\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

const wellFormed = z.refine<string>((value) => value.isWellFormed(), 'not well-formed Unicode');
const withoutControls = z.refine<string>(
  (value) => !CONTROL.test(value),
  'control characters are not allowed',
);
const seen = z.refine<string>(
  (value) => value === '' || SEEN.test(value),
  'made of characters that nobody sees',
);
const trimmed = z.refine<string>((value) => value.trim() === value, 'surrounding space is not allowed');

/**
 * A single line of `min` to `max` code points in any script, of which something is to be seen, without control characters or
 * surrounding space.
 */
export function text({ min = 1, max }: { min?: number; max: number }) {
  // At once, because each step of a chain makes a schema of its own when the Worker starts.
  return z.string().check(
    z.maxLength(max * 2, { error: `at most ${max} characters`, abort: true }),
    wellFormed,
    withoutControls,
    seen,
    trimmed,
    z.refine((value) => [...value].length >= min, `at least ${min} character${min === 1 ? '' : 's'}`),
    z.refine((value) => [...value].length <= max, `at most ${max} characters`),
  );
}
