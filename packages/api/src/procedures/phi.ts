// The one way to make a procedure that touches records: it says of which resource, by which action, and so for which roles,
// purposes and fields (the policy table); a procedure that does not say so does not compile. A call passes, in this order:
// a session with a second factor, the policy, the input's schema, the policy again for the fields that the input names.
import { isEventType } from '@salus/audit';
import type { Session } from '@salus/auth';
import type { Call, Disclosed } from '@salus/db';
import {
  type AccessRequest,
  type Action,
  authorize,
  type Grant,
  PolicyError,
  type PolicyResource,
} from '@salus/policy';
import { purposeOfUseSchema } from '@salus/schema';
import type { z } from 'zod';
import type { Context, Services } from '../context.ts';
import { revealed } from '../disclosure.ts';
import type { RoundTrips } from '../trpc.ts';
import { recordedProcedure, sessionOfCaller } from './recorded.ts';

export interface PhiProcedure<R extends PolicyResource, I extends z.ZodType, O extends z.ZodType> {
  readonly resource: R;
  readonly action: Action;
  readonly roundTrips: RoundTrips;
  readonly input: I;
  readonly output: O;
  /** The fields that an input asks for or changes. Absent: whatever the policy grants. */
  readonly fields?: (input: z.output<I>) => readonly string[] | undefined;
  /** The fields that an input is compared with. */
  readonly by?: (input: z.output<I>) => readonly string[];
}

type SignedIn = Context & { readonly session: Session };

interface PhiCall<R extends PolicyResource, I extends z.ZodType> {
  readonly call: Call;
  readonly grant: Grant<R>;
  readonly input: z.output<I>;
  readonly services: Services;
  readonly report: Context['report'];
}

export function phi<R extends PolicyResource, I extends z.ZodType, O extends z.ZodType>({
  resource,
  action,
  roundTrips,
  input,
  output,
  fields = () => undefined,
  by = () => [],
}: PhiProcedure<R, I, O>) {
  const event = `${resource}.${action}`;
  if (!isEventType(event)) throw new TypeError(`${event} is not an event of the audit trail`);

  const decide = (ctx: SignedIn, asked?: Pick<AccessRequest<R>, 'fields' | 'by'>) =>
    authorize(ctx.session, { resource, action, purpose: purposeOf(ctx), ...asked }, ctx.call.now());

  const procedure = recordedProcedure({ event, resource, roundTrips })
    .use(({ ctx, next }) => {
      const session = sessionOfCaller(ctx.caller);
      decide({ ...ctx, session });
      return next({ ctx: { session } });
    })
    .input(input);

  type Resolver = (phiCall: PhiCall<R, I>) => Promise<Disclosed<z.input<O>>>;
  const run = async (resolver: Resolver, ctx: SignedIn, parsed: z.output<I>) => {
    const grant = decide(ctx, { fields: fields(parsed), by: by(parsed) });
    const { call, services, report } = ctx;
    return revealed(output, await resolver({ call, grant, input: parsed, services, report }));
  };

  return {
    query: (resolver: Resolver) =>
      procedure.query(({ ctx, input: parsed }) => run(resolver, ctx, parsed as z.output<I>)),
    mutation: (resolver: Resolver) =>
      procedure.mutation(({ ctx, input: parsed }) => run(resolver, ctx, parsed as z.output<I>)),
  };
}

function purposeOf({ purposeOfUse }: Context) {
  if (purposeOfUse === null) return null;
  const { data } = purposeOfUseSchema.safeParse(purposeOfUse);
  if (!data) throw new PolicyError('purpose_not_permitted');
  return data;
}
