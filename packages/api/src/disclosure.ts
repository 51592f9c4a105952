// The output of a PHI procedure. It is made of nothing but a Disclosed value, which only a repository makes, once the audit
// rows that say so are committed (DESIGN.md, invariant 1): to the compiler and at run time.
import { Disclosed } from '@salus/db';
import type { z } from 'zod';

/** What a repository disclosed, as `schema` describes it. */
export function revealed<S extends z.ZodType>(schema: S, value: Disclosed<z.input<S>>): z.output<S> {
  if (!(value instanceof Disclosed)) throw new TypeError('not disclosed');
  return schema.parse(value.reveal());
}
