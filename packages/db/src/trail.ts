// The audit row of a call, as a statement that stands in the call's own transaction. Who, where and why the database takes from
// the verified context, and from nobody else; the rest is what the repository did.
import { type AuditRow, EVENT_KINDS, type EventType } from '@salus/audit';
import type { OrganizationKey } from '@salus/crypto';
import { auditEvent } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from './bytea.ts';
import type { Call } from './call.ts';
import type { Row } from './database.ts';
import { sealFields } from './sealed-record.ts';

export interface TrailEntry {
  readonly type: EventType;
  readonly resource: string;
  readonly fields: readonly string[];
  /** From `sealOrigin`. */
  readonly origin: SQL;
  /** What each event is about: joined to one row, such as `left join page on true`. Empty for one event. */
  readonly about: SQL;
  readonly outcome: SQL;
  readonly patientId: SQL;
  readonly resourceId: SQL;
  readonly changes?: SQL;
  readonly details?: SQL;
}

/** A SELECT that records one event for each row of `about`, and returns each as `event`. */
export function recordEvents(entry: TrailEntry): SQL {
  const { changes = sql`null::jsonb`, details = sql`null::jsonb` } = entry;
  return sql`
    select event from salus.record_events(
      ${EVENT_KINDS[entry.type]}, ${entry.type}, ${entry.resource}, ${sql.param(entry.fields)}::text[], ${entry.origin},
      array(select row(${entry.outcome}, ${entry.patientId}, ${entry.resourceId}, ${changes}, ${details})::salus.event_subject
              from (select) one ${entry.about})) event`;
}

/** A column of the answer: what `recordEvents` has recorded, where that stands as `events` in the statement. */
export const RECORDED = sql`(select json_agg(event) from events) as events`;

/**
 * Seals the caller's address and agent. The row that will hold it has no id yet, because the database makes it: the
 * request stands in its place.
 */
export async function sealOrigin(call: Call, organizationKey: OrganizationKey): Promise<SQL> {
  const sealed = await sealFields(
    auditEvent,
    ['origin'],
    { origin: call.origin },
    {
      organization: organizationKey.organization,
      key: organizationKey.auditKey,
      rowId: call.requestId,
    },
  );
  return byteaParameter(sealed.get('origin') ?? null);
}

/**
 * Events that came back as JSON, as salus.audit_row() has made them. Their form is checked where they come off the queue and
 * not here, where it would be a tenth of a read: one that is not as it should be is refused there by itself, and told of.
 */
export function auditRowsOf(events: unknown): AuditRow[] {
  return Array.isArray(events) ? events : []; // boundary: see above
}

/** The events that statements of their own have made: of a refusal that was only counted there is none. */
export function eventsOf(rows: readonly Row[]): AuditRow[] {
  return auditRowsOf(rows.map((row) => row.event).filter((event) => event !== null));
}
