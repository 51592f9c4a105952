// The two ways to make a procedure that touches no record: for somebody who is not signed in yet, and for somebody who is.
import type { EventType } from '@salus/audit';
import type { z } from 'zod';
import type { RoundTrips } from '../trpc.ts';
import { recordedProcedure, sessionOfCaller } from './recorded.ts';

interface AccountProcedure<I extends z.ZodType, O extends z.ZodType> {
  readonly event: EventType;
  readonly roundTrips: RoundTrips;
  readonly input: I;
  readonly output: O;
}

/** Open to anybody: signing in. */
export function open<I extends z.ZodType, O extends z.ZodType>(options: AccountProcedure<I, O>) {
  const { event, roundTrips, input, output } = options;
  return recordedProcedure({ event, resource: null, roundTrips }).input(input).output(output);
}

/** For whoever has a session. */
export function session<I extends z.ZodType, O extends z.ZodType>(options: AccountProcedure<I, O>) {
  const { event, roundTrips, input, output } = options;
  return recordedProcedure({ event, resource: null, roundTrips })
    .use(({ ctx, next }) => next({ ctx: { session: sessionOfCaller(ctx.caller) } }))
    .input(input)
    .output(output);
}
