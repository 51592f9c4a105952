// Signing in: password, then one-time code, then an access token of fifteen minutes and a refresh token that is good once.
// What is wrong with a credential is never said, and neither is whether there is such an account.
import {
  ACCESS_TOKEN_SECONDS,
  hashOpaqueToken,
  issueAccessToken,
  newOpaqueToken,
  openSuccessor,
  presentedPassword,
  successorOf,
  verifyPassword,
  verifyTotp,
} from '@salus/auth';
import {
  beginSecondFactor,
  beginSignIn,
  endSession,
  finishSecondFactor,
  finishSignIn,
  organizationOfRefreshToken,
  rotateRefreshToken,
  type SignedIn,
} from '@salus/db';
import { emailAddress } from '@salus/schema';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import { open, session } from '../procedures/account.ts';
import { t } from '../trpc.ts';

const opaque = z.string().max(200);

const tokens = z.strictObject({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Seconds for which the access token is good. */
  expiresIn: z.int(),
});

export const auth = t.router({
  signIn: open({
    event: 'sign_in.password',
    roundTrips: 2,
    input: z.strictObject({ email: emailAddress, password: presentedPassword }),
    output: z.strictObject({ mfaToken: z.string() }),
  }).mutation(async ({ ctx, input }) => {
    const { call, services } = ctx;
    const attempt = await beginSignIn(call, input.email);
    if (attempt.throttled) {
      const throttled = { outcome: 'throttled', challengeHash: null } as const;
      await finishSignIn(call, input.email, attempt.organizationId, throttled);
      throw new ApiError('throttled', { recorded: true });
    }
    const accepted = await verifyPassword(await services.argon2id(), input.password, attempt.passwordHash);
    const challenge = await newOpaqueToken('mfa');
    await finishSignIn(call, input.email, attempt.organizationId, {
      outcome: accepted ? 'success' : 'denied',
      challengeHash: accepted ? challenge.hash : null,
    });
    if (!accepted) throw new ApiError('credentials_refused', { recorded: true });
    return { mfaToken: challenge.token };
  }),

  verifyTotp: open({
    event: 'sign_in.second_factor',
    roundTrips: 2,
    input: z.strictObject({ mfaToken: opaque, code: z.string().max(16) }),
    output: tokens,
  }).mutation(async ({ ctx, input }) => {
    const { call } = ctx;
    const challengeHash = await hashOpaqueToken('mfa', input.mfaToken);
    const attempt = challengeHash && (await beginSecondFactor(call, challengeHash));
    if (!attempt) throw new ApiError('credentials_refused');

    const step = attempt.throttled
      ? null
      : await verifyTotp({
          secret: attempt.totpSecret,
          code: input.code,
          now: call.now(),
          lastStep: attempt.lastStep,
        });
    const refresh = await newOpaqueToken('refresh');
    const signedIn = await finishSecondFactor(call, attempt.organizationId, challengeHash, {
      outcome: attempt.throttled ? 'throttled' : step === null ? 'denied' : 'success',
      step,
      newSession: crypto.randomUUID(),
      refreshHash: refresh.hash,
    });
    if (!signedIn) {
      throw new ApiError(attempt.throttled ? 'throttled' : 'credentials_refused', { recorded: true });
    }
    return tokensFor(ctx, signedIn, refresh.token);
  }),

  /** Exchanges a refresh token. Calls that race with one token get one and the same successor. */
  refresh: open({
    event: 'refresh',
    roundTrips: 2,
    input: z.strictObject({ refreshToken: opaque }),
    output: tokens,
  }).mutation(async ({ ctx, input }) => {
    const { call } = ctx;
    const rotation = await successorOf(input.refreshToken);
    if (!rotation) throw new ApiError('session_ended');
    const organization = await organizationOfRefreshToken(call, rotation.oldHash);
    const result = await rotateRefreshToken(call, organization, rotation);
    switch (result.outcome) {
      case 'rotated':
        return tokensFor(ctx, result.session, rotation.newToken);
      case 'repeated':
        return tokensFor(ctx, result.session, await openSuccessor(input.refreshToken, result.successor));
      case 'ended':
        throw new ApiError('session_ended', { recorded: result.recorded });
    }
  }),

  signOut: session({
    event: 'sign_out',
    roundTrips: 1,
    input: z.void(),
    output: z.void(),
  }).mutation(async ({ ctx }) => endSession(ctx.call, ctx.session)),
});

async function tokensFor({ services, call }: Context, signedIn: SignedIn, refreshToken: string) {
  const accessToken = await issueAccessToken(services.tokenKeys, signedIn, {
    issuer: services.issuer,
    now: call.now(),
  });
  return { accessToken, refreshToken, expiresIn: ACCESS_TOKEN_SECONDS };
}
