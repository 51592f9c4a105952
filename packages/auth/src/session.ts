// The first capability: somebody whose access token was verified. Only `verifyAccessToken` makes one. Whether the session
// is still alive is for the database to say, at every call.
import type { OrganizationId, Role, SessionId, UserId } from '@salus/schema';

const MINT = Symbol('mint');

export interface SessionClaims {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly organizationId: OrganizationId;
  readonly role: Role;
  /** When the second factor was given, in seconds since the epoch. */
  readonly secondFactorAt: number;
}

export class Session implements SessionClaims {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly organizationId: OrganizationId;
  readonly role: Role;
  readonly secondFactorAt: number;

  constructor(mint: typeof MINT, claims: SessionClaims) {
    if (mint !== MINT) throw new TypeError('a session is made by verifyAccessToken()');
    this.userId = claims.userId;
    this.sessionId = claims.sessionId;
    this.organizationId = claims.organizationId;
    this.role = claims.role;
    this.secondFactorAt = claims.secondFactorAt;
  }
}

/** For `verifyAccessToken` alone: the package does not export it. */
export function sessionFrom(claims: SessionClaims): Session {
  return new Session(MINT, claims);
}
