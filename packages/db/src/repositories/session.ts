// A session after its beginning: prolonged by refresh tokens, ended by signing out. Whether it is alive is decided by
// begin_request() at every call; nothing here is asked for that.
import type { Bytes } from '@salus/crypto';
import {
  type OrganizationId,
  organizationId,
  type Role,
  roleSchema,
  type SessionId,
  sessionId,
  type UserId,
  userId,
} from '@salus/schema';
import { sql } from 'drizzle-orm';
import { byteaParameter, bytesOf } from '../bytea.ts';
import { beginRequest, type Call } from '../call.ts';
import type { Row } from '../database.ts';
import { eventsOf, sealOrigin } from '../trail.ts';
import { PLATFORM } from './refusal.ts';

/** A session that may have an access token. */
export interface SignedIn {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly organizationId: OrganizationId;
  readonly role: Role;
  /** Seconds since the epoch. */
  readonly secondFactorAt: number;
}

/** @param row with the columns organization_id, user_id, session_id, role, second_factor_at */
export function signedInOf(row: Row): SignedIn {
  return {
    userId: userId.parse(row.user_id),
    sessionId: sessionId.parse(row.session_id),
    organizationId: organizationId.parse(row.organization_id),
    role: roleSchema.parse(row.role),
    secondFactorAt: Math.floor(new Date(String(row.second_factor_at)).getTime() / 1000),
  };
}

/** Whose log a refresh belongs to; the platform's when the token is nobody's. @throws DatabaseError */
export async function organizationOfRefreshToken(call: Call, tokenHash: Bytes): Promise<OrganizationId> {
  const [[row] = []] = await call.database.transaction([
    sql`select salus.organization_of_refresh_token(${byteaParameter(tokenHash)}) as id`,
  ]);
  return row?.id ? organizationId.parse(row.id) : PLATFORM;
}

export interface Rotation {
  readonly oldHash: Bytes;
  readonly newHash: Bytes;
  /** The new token, sealed under a key that only a holder of the old one can derive. */
  readonly sealedSuccessor: Bytes;
}

export type RotationResult =
  /** This call made the successor. */
  | { readonly outcome: 'rotated'; readonly session: SignedIn }
  /** Another call did, moments ago: here it is. */
  | { readonly outcome: 'repeated'; readonly session: SignedIn; readonly successor: Bytes }
  /** The session is over, or is now, because the token was used long after it was exchanged. */
  | { readonly outcome: 'ended'; readonly recorded: boolean };

/** @throws DatabaseError */
export async function rotateRefreshToken(
  call: Call,
  organization: OrganizationId,
  { oldHash, newHash, sealedSuccessor }: Rotation,
): Promise<RotationResult> {
  const { current } = await call.keyring.organization(organization);
  const [[row] = []] = await call.database.transaction([
    sql`
      select outcome, successor::text, organization_id, user_id, session_id, role, second_factor_at, event
        from salus.rotate_refresh_token(
          ${byteaParameter(oldHash)}, ${byteaParameter(newHash)}, ${byteaParameter(sealedSuccessor)},
          ${call.requestId}::uuid, ${await sealOrigin(call, current)})`,
  ]);
  call.committed(eventsOf(row ? [row] : []));
  if (row?.outcome === 'rotated') return { outcome: 'rotated', session: signedInOf(row) };
  if (row?.outcome === 'repeated') {
    return { outcome: 'repeated', session: signedInOf(row), successor: bytesOf(row.successor) };
  }
  // A token that nobody ever had belongs to no session, and leaves no row of its own.
  return { outcome: 'ended', recorded: row?.event != null };
}

/** Ends the caller's own session. @throws DatabaseError */
export async function endSession(call: Call, caller: SignedIn): Promise<void> {
  const { current } = await call.keyring.organization(caller.organizationId);
  const [, rows = []] = await call.database.transaction([
    beginRequest(call, caller, null),
    sql`select salus.end_session(${await sealOrigin(call, current)}) as event`,
  ]);
  call.committed(eventsOf(rows));
}
