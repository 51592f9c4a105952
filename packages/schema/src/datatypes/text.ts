// The string that every other string is made of. PostgreSQL refuses NUL and silently replaces a lone surrogate, so both
// are refused here, with the other control characters; lengths are counted in code points, as people count. Nothing is
// normalised: a name is kept as its owner writes it, and made comparable only in its blind index.
import { z } from 'zod';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** A single line of `min` to `max` code points in any script, without control characters or surrounding space. */
export function text({ min = 1, max }: { min?: number; max: number }) {
  return z
    .string()
    .max(max * 2, `at most ${max} characters`)
    .refine((value) => value.isWellFormed(), 'not well-formed Unicode')
    .refine((value) => !CONTROL.test(value), 'control characters are not allowed')
    .refine((value) => value.trim() === value, 'surrounding space is not allowed')
    .refine((value) => [...value].length >= min, `at least ${min} character${min === 1 ? '' : 's'}`)
    .refine((value) => [...value].length <= max, `at most ${max} characters`);
}
