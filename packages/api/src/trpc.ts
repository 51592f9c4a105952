// tRPC, set up once. `isDev` is false in code, because its default is true in a production Worker and sends stacks.
import type { EventType } from '@salus/audit';
import { initTRPC } from '@trpc/server';
import type { Context } from './context.ts';
import { errorShape, publicErrorOf } from './errors.ts';

/** How often a call goes to Postgres when the isolate is warm (DESIGN.md, invariant 3). A test counts. */
export type RoundTrips = number | { readonly patientKeyAtHand: number; readonly otherwise: number };

export interface Meta {
  /** The name under which the audit trail knows this procedure. */
  readonly event: EventType;
  readonly resource: string | null;
  readonly roundTrips: RoundTrips;
}

export const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    errorFormatter: ({ error, ctx }) => errorShape(publicErrorOf(error), ctx?.call.requestId ?? null),
  });
