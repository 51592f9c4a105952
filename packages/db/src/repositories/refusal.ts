// A call that was refused before it reached the data still leaves a row: who asked, for what, and why not.
import { type AuditRow, EVENT_KINDS, type EventType } from '@salus/audit';
import { KeyProviderError } from '@salus/crypto';
import { type AuditKind, type OrganizationId, organizationId, type SessionId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../bytea.ts';
import type { Call } from '../call.ts';
import type { Database } from '../database.ts';
import { sourceIndex } from '../source.ts';
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
  const { caller, reason } = refusal;
  const statement =
    caller === null || IN_STORMS.has(reason) ? await counted(call, refusal) : await recorded(call, refusal);
  const [rows = []] = await call.database.transaction([statement]);
  call.committed(eventsOf(rows));
}

/** Refusals that come in any number, because nothing stops whoever causes them: one event for many, with their count. */
const IN_STORMS: ReadonlySet<string> = new Set(['throttled', 'session_ended']);

async function recorded(call: Call, refusal: Refusal): Promise<SQL> {
  const { type, outcome, reason, caller, resource, resourceId, purpose } = refusal;
  const origin = await orNull(originOf(call, caller));
  const details = origin ? { reason } : { reason, origin: 'key_unavailable' };
  return sql`
    select salus.record_refusal(
      ${caller?.sessionId ?? null}::uuid, ${call.requestId}::uuid, ${kindOf(refusal)}, ${type}, ${outcome}, ${resource},
      ${resourceId}::uuid, ${purpose}, ${origin ?? byteaParameter(null)}, ${JSON.stringify(details)}::jsonb
    ) as event`;
}

async function counted(call: Call, refusal: Refusal): Promise<SQL> {
  const { type, outcome, reason, caller, resource } = refusal;
  const source = await orNull(call.keyring.organization(PLATFORM).then((keys) => sourceIndex(keys, call)));
  const origin = await orNull(originOf(call, caller));
  return sql`
    select salus.count_refusal(
      ${source ?? byteaParameter(null)}, ${caller?.sessionId ?? null}::uuid, ${call.requestId}::uuid, ${kindOf(refusal)},
      ${type}, ${outcome}, ${resource}, ${origin ?? byteaParameter(null)}, ${reason}
    ) as event`;
}

/** A refusal of the same name as a success is of the same kind, except that being refused is about authorization. */
function kindOf({ type, outcome }: Refusal): AuditKind {
  return outcome === 'denied' && EVENT_KINDS[type] !== 'security' ? 'authorization' : EVENT_KINDS[type];
}

async function originOf(call: Call, caller: Refusal['caller']): Promise<SQL> {
  const { current } = await call.keyring.organization(caller?.organizationId ?? PLATFORM);
  return sealOrigin(call, current);
}

/** Null when whoever keeps the root key is away: that a call was refused matters more than from where it came. */
async function orNull(work: Promise<SQL>): Promise<SQL | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof KeyProviderError) return null;
    throw error;
  }
}

/** Ends windows of counted refusals that are over, and answers the events that say how many there were. @throws DatabaseError */
export async function endRefusalWindows(database: Database): Promise<AuditRow[]> {
  const [rows = []] = await database.transaction([
    sql`select event from salus.end_refusal_windows() as event`,
  ]);
  return eventsOf(rows);
}
