// What a SIEM is told of an event: who, what, when, why and how it ended, by opaque ids. Never `changes`, and of `details` only
// counts and codes that are known by name, so that no PHI leaves for a vendor without an agreement (45 CFR 164.308(b)). The
// caller's address and agent go along only where a destination is configured for them.
import type { AuditRow } from '../row.ts';

export interface SiemEvent {
  readonly row: AuditRow;
  /** Where the event stands in the log of its organization and year. */
  readonly year: number;
  readonly index: number;
  /** Opened, for a destination that may have it. */
  readonly origin: { readonly address: string; readonly agent: string } | null;
}

/** A leaf in the log whose row is gone from the database: somebody took it away. */
const ROW_MISSING = 'audit_event.missing';

/** Stands in the place of such a row. @param now milliseconds since the epoch: when it was missed */
export function missingRow(of: {
  readonly id: string;
  readonly organizationId: string;
  readonly now: number;
}): AuditRow {
  const { id, organizationId, now } = of;
  return {
    id,
    organizationId,
    recordedAt: new Date(now).toISOString().replace('Z', '000Z'),
    kind: 'security',
    type: ROW_MISSING,
    outcome: 'failed',
    actorId: null,
    actorRole: null,
    sessionId: null,
    patientId: null,
    resource: 'audit_event',
    resourceId: id,
    purpose: null,
    fields: null,
    requestId: id,
    origin: null,
    changes: null,
    details: null,
  };
}

const CODE = /^[a-z][a-z0-9_.]{0,63}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What may be told of `details`, by name and by form. */
const TELLABLE: Readonly<Record<string, (value: unknown) => boolean>> = {
  reason: (value) => typeof value === 'string' && CODE.test(value),
  rule: (value) => typeof value === 'string' && CODE.test(value),
  count: (value) => Number.isSafeInteger(value),
  repeated: (value) => Number.isSafeInteger(value),
  changed: (value) => typeof value === 'boolean',
  userId: (value) => typeof value === 'string' && UUID.test(value),
};

export type TellableDetails = Readonly<Record<string, string | number | boolean>>;

export function tellableDetails({ details }: AuditRow): TellableDetails {
  if (typeof details !== 'object' || details === null) return {};
  const entries = Object.entries(details).filter(
    ([name, value]) => Object.hasOwn(TELLABLE, name) && TELLABLE[name]?.(value),
  );
  return Object.fromEntries(entries) as TellableDetails; // as each was just found to be
}

/** How bad it is, for whoever has to decide whether to look. */
export type Severity = 'informational' | 'low' | 'medium' | 'high' | 'critical';

const CRITICAL: readonly string[] = ['integrity.failed', 'audit_event.contradicted', ROW_MISSING];

export function severityOf({ kind, type, outcome }: AuditRow): Severity {
  if (CRITICAL.includes(type)) return 'critical';
  if (kind === 'security') return 'high';
  return ({ success: 'informational', failed: 'low', denied: 'medium' } as const)[outcome];
}
