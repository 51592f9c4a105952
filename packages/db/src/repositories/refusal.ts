// A call that was refused before it reached the data still leaves a row: who asked, for what, and why not.
import { EVENT_KINDS, type EventType } from '@salus/audit';
import { KeyProviderError } from '@salus/crypto';
import { type OrganizationId, organizationId, type SessionId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../bytea.ts';
import type { Call } from '../call.ts';
import { eventsOf, sealOrigin } from '../trail.ts';

/** The platform itself: what cannot be laid at any tenant's door is recorded under it. */
export const PLATFORM: OrganizationId = organizationId.parse('00000000-0000-0000-0000-000000000000');

export interface Refusal {
  readonly type: EventType;
  /** `denied`: on purpose. `failed`: it could not be done. */
  readonly outcome: 'denied' | 'failed';
  /** A stable code, never a value. */
  readonly reason: string;
  readonly caller: { readonly sessionId: SessionId; readonly organizationId: OrganizationId } | null;
  readonly resource: string | null;
  /** The record that was asked for, if the call names one. */
  readonly resourceId: string | null;
  readonly purpose: string | null;
}

/** @throws DatabaseError when it could not be recorded; the call is refused all the same */
export async function recordRefusal(call: Call, refusal: Refusal): Promise<void> {
  const { type, outcome, reason, caller, resource, resourceId, purpose } = refusal;
  const origin = await originOf(call, caller?.organizationId ?? PLATFORM);
  const details = origin ? { reason } : { reason, origin: 'key_unavailable' };
  // A refusal of the same name as a success is of the same kind, except that being refused is about authorization.
  const kind = outcome === 'denied' && EVENT_KINDS[type] !== 'security' ? 'authorization' : EVENT_KINDS[type];
  const [rows = []] = await call.database.transaction([
    sql`
      select salus.record_refusal(
        ${caller?.sessionId ?? null}::uuid, ${call.requestId}::uuid, ${kind}, ${type}, ${outcome}, ${resource},
        ${resourceId}::uuid, ${purpose}, ${origin ?? byteaParameter(null)}, ${JSON.stringify(details)}::jsonb
      ) as event`,
  ]);
  call.committed(eventsOf(rows));
}

/** Null when whoever keeps the root key is away: that a call was refused matters more than from where it came. */
async function originOf(call: Call, organization: OrganizationId): Promise<SQL | null> {
  try {
    const { current } = await call.keyring.organization(organization);
    return await sealOrigin(call, current);
  } catch (error) {
    if (error instanceof KeyProviderError) return null;
    throw error;
  }
}
