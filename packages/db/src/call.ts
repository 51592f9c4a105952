// What belongs to one call: its ways to the outside, and how it begins a transaction. The database checks the session
// and takes user, role and organization from its own tables; what the call says of itself is compared, not believed.
import type { AuditRow } from '@salus/audit';
import type { PurposeOfUse, Role, SessionId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { Keyring } from './keyring.ts';

/** Where a call came from. Recorded with every event, sealed. */
export interface Origin {
  readonly address: string;
  readonly agent: string;
}

export interface Call {
  readonly database: Database;
  readonly keyring: Keyring;
  /** UUID, also the caller's to quote. */
  readonly requestId: string;
  readonly origin: Origin;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Takes audit rows whose transaction has committed, on their way to the log. */
  committed(rows: readonly AuditRow[]): void;
}

interface Caller {
  readonly sessionId: SessionId;
  readonly role: Role;
}

/** The first statement of every transaction of a signed-in caller, unless there is but one, of `inRequest`. */
export function beginRequest(call: Call, caller: Caller, purpose: PurposeOfUse | null): SQL {
  return sql`select ${begin(call, caller, purpose)}`;
}

/**
 * Begins the request within a statement, as the first of its `from`: what it finds must be found by a volatile function that is
 * given `request.begun`, which is so after it has begun alone (docs/decisions/0014).
 */
export function inRequest(call: Call, caller: Caller, purpose: PurposeOfUse | null): SQL {
  return sql`(select ${begin(call, caller, purpose)} is not null as begun offset 0) request`;
}

function begin(call: Call, caller: Caller, purpose: PurposeOfUse | null): SQL {
  return sql`salus.begin_request(${caller.sessionId}::uuid, ${call.requestId}::uuid, ${caller.role}, ${purpose})`;
}
