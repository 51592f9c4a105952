// The output of a PHI procedure. It takes nothing but a Disclosed value, which only a repository makes, once the audit
// rows that say so are committed (DESIGN.md, invariant 1): to the compiler and at run time.
import { Disclosed } from '@salus/db';
import type { z } from 'zod';

/** An output parser for tRPC: from what a repository disclosed to what `schema` describes. */
export function disclosure<S extends z.ZodType>(schema: S) {
  return {
    parse(value: unknown): z.output<S> {
      if (!(value instanceof Disclosed)) throw new TypeError('not disclosed');
      return schema.parse(value.reveal());
    },
  } as unknown as { _input: Disclosed<z.input<S>>; _output: z.output<S> }; // the two halves of tRPC's parser type
}
