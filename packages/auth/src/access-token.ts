// Access tokens: JWTs of fifteen minutes (RFC 9068, RFC 8725), signed with Ed25519. They hold opaque ids alone, and say who
// is calling; what that person may do now is asked of the database each time.
import { organizationId, roleSchema, sessionId, userId } from '@salus/schema';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import { AuthError } from './errors.ts';
import { type Session, type SessionClaims, sessionFrom } from './session.ts';
import type { TokenKeys } from './signing-keys.ts';
import { keepSession, sessionAtHand } from './verified-tokens.ts';

/** How long an access token is good. */
export const ACCESS_TOKEN_SECONDS = 15 * 60;

const TYPE = 'at+jwt';
const AUDIENCE = 'salus';
const CLOCK_TOLERANCE_SECONDS = 5;
const LENGTH_AT_MOST = 4096;

const claims = z.object({
  sub: userId,
  sid: sessionId,
  org: organizationId,
  role: roleSchema,
  auth_time: z.int().nonnegative(),
  iat: z.number(),
  exp: z.number(),
});

interface At {
  /** The deployment's URL. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A compact JWS of type `at+jwt`, signed by the first of the keys. */
export function issueAccessToken(
  keys: TokenKeys,
  session: SessionClaims,
  { issuer, now }: At,
): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({
    sid: session.sessionId,
    org: session.organizationId,
    role: session.role,
    auth_time: session.secondFactorAt,
  })
    .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid: keys.signing.kid })
    .setSubject(session.userId)
    .setIssuer(issuer)
    .setAudience(AUDIENCE)
    .setJti(crypto.randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
    .sign(keys.signing.key);
}

/** @throws AuthError `token_expired` when that is all that is wrong with it, `token_invalid` otherwise */
export async function verifyAccessToken(
  keys: TokenKeys,
  token: string,
  { issuer, now }: At,
): Promise<Session> {
  const known = sessionAtHand(keys, issuer, token, now);
  if (known) return known;
  if (token.length > LENGTH_AT_MOST || !isCanonical(token)) throw new AuthError('token_invalid');
  const { sub, sid, org, role, auth_time, iat, exp } = claimsOf(await verified(keys, token, { issuer, now }));
  const session = sessionFrom({
    userId: sub,
    sessionId: sid,
    organizationId: org,
    role,
    secondFactorAt: auth_time,
  });
  keepSession(keys, issuer, token, {
    session,
    at: now,
    until: 1000 * Math.min(exp, iat + ACCESS_TOKEN_SECONDS),
  });
  return session;
}

async function verified(keys: TokenKeys, token: string, { issuer, now }: At): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => keyNamed(keys, kid), {
      algorithms: ['EdDSA'],
      typ: TYPE,
      issuer,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'sid', 'org', 'role', 'auth_time', 'jti', 'iat', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: ACCESS_TOKEN_SECONDS,
      currentDate: new Date(now),
    });
    return payload;
  } catch (error) {
    throw new AuthError(error instanceof errors.JWTExpired ? 'token_expired' : 'token_invalid');
  }
}

/** Keys come from the configuration and nowhere else: a key or a URL in the token's own header is not looked at. */
function keyNamed({ verification }: TokenKeys, kid: string | undefined): CryptoKey {
  const key = kid === undefined ? undefined : verification.get(kid);
  if (!key) throw new AuthError('token_invalid');
  return key;
}

function claimsOf(payload: JWTPayload): z.output<typeof claims> {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) throw new AuthError('token_invalid');
  return parsed.data;
}

/** Three parts, each the one spelling of its bytes, so that a token cannot be respelled past a list of revoked ones. */
function isCanonical(token: string): boolean {
  const parts = token.split('.');
  return parts.length === 3 && parts.every((part) => /^[\w-]+$/.test(part) && hasCanonicalEnd(part));
}

/** The unused bits of the last character are zero. */
function hasCanonicalEnd(part: string): boolean {
  const rest = part.length % 4;
  if (rest === 0) return true;
  const last = part.at(-1) ?? '';
  return rest === 2 ? 'AQgw'.includes(last) : rest === 3 && 'AEIMQUYcgkosw048'.includes(last);
}
