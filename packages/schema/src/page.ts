// Pages of a list. A cursor is opaque and belongs to the caller, the procedure and the filter it was made for.
import * as z from 'zod';

export const pageRequest = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.int().min(1).max(100).default(25),
});

const nextCursor = z.string().nullable();

/** A page of `item`: `nextCursor` is null on the last one. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.strictObject({ items: z.array(item), nextCursor });
}

export type PageRequest = z.output<typeof pageRequest>;
export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}
