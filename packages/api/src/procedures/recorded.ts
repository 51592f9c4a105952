// What stands at the head of every procedure: who is calling, and the row in the trail when the call comes to nothing.
// In tRPC `next()` never throws, so the outcome is read off its result.
import { DISCREET_EVENTS } from '@salus/audit';
import { AuthError, type Session, verifyAccessToken } from '@salus/auth';
import { IntegrityError, recordRefusal } from '@salus/db';
import { purposeOfUseSchema } from '@salus/schema';
import type { TRPCError } from '@trpc/server';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { ApiError, nameOf, publicErrorOf } from '../errors.ts';
import { type Meta, t } from '../trpc.ts';

const BEARER = /^Bearer ([\w.-]+)$/;

/** Says who is calling, if anybody. @throws ApiError, AuthError */
async function sessionOf({ services, call, authorization }: Context): Promise<Session> {
  const token = authorization === null ? undefined : BEARER.exec(authorization)?.[1];
  if (token === undefined) throw new ApiError(authorization === null ? 'token_missing' : 'token_invalid');
  return verifyAccessToken(services.tokenKeys, token, { issuer: services.issuer, now: call.now() });
}

/** A procedure whose failures are in the audit trail. */
export function recordedProcedure(meta: Meta) {
  return t.procedure.meta(meta).use(async ({ ctx, next, getRawInput }) => {
    const caller = await settled(sessionOf(ctx));
    const result = await next({ ctx: { caller } });
    if (!result.ok)
      await recordFailure(ctx, meta, result.error, caller, await recordNamedIn(meta, getRawInput));
    return result;
  });
}

/** Who has a session, which nobody has without a second factor. @throws the reason why a caller has none */
export function sessionOfCaller(caller: Caller): Session {
  if ('refusal' in caller) throw caller.refusal;
  return caller.session;
}

/** A caller that has a session, or the reason why not. */
export type Caller = { readonly session: Session } | { readonly refusal: Error };

async function settled(session: Promise<Session>): Promise<Caller> {
  try {
    return { session: await session };
  } catch (error) {
    if (error instanceof ApiError || error instanceof AuthError) return { refusal: error };
    throw error;
  }
}

async function recordFailure(
  { call, purposeOfUse, report }: Context,
  { event, resource }: Meta,
  error: TRPCError,
  caller: Caller,
  resourceId: string | null,
): Promise<void> {
  const { code, appCode } = publicErrorOf(error);
  const { cause } = error;
  if (appCode === 'internal' || appCode === 'unavailable')
    report({ code: appCode, error: nameOf(cause ?? error) });
  if (isRecorded(cause)) return;
  const session = 'session' in caller ? caller.session : null;
  try {
    await recordRefusal(call, {
      type: cause instanceof IntegrityError ? 'integrity.failed' : event,
      outcome: REFUSED_ON_PURPOSE.has(code) ? 'denied' : 'failed',
      reason: appCode,
      caller: session && { sessionId: session.sessionId, organizationId: session.organizationId },
      resource,
      resourceId,
      purpose: purposeOfUseSchema.safeParse(purposeOfUse).data ?? null,
    });
  } catch (failure) {
    // The call is refused all the same: where there is no database there is no trail, and nothing was disclosed.
    report({ code: 'refusal_not_recorded', error: nameOf(failure) });
  }
}

const REFUSED_ON_PURPOSE: ReadonlySet<string> = new Set([
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
  'TOO_MANY_REQUESTS',
]);

/** What a repository refuses, it has recorded in the transaction that found it. */
function isRecorded(cause: unknown): boolean {
  return cause instanceof Error && 'recorded' in cause && cause.recorded === true;
}

/**
 * The record that the input names, if it names one: read before the input is validated, so any input may come. What is discreet
 * names none: it may be the patient's, given for another by mistake.
 */
async function recordNamedIn({ event }: Meta, getRawInput: () => Promise<unknown>): Promise<string | null> {
  if (DISCREET_EVENTS.has(event)) return null;
  const named = z.union([z.object({ id: z.uuid() }), z.object({ patientId: z.uuid() })]);
  const input = named.safeParse(await getRawInput().catch(() => null)).data;
  if (!input) return null;
  return 'id' in input ? input.id : input.patientId;
}
