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
  /** What there is one event for each row of, as it stands in a `from`. Without it there is one, about the row of the statement. */
  readonly each?: SQL;
  readonly outcome: SQL;
  readonly patientId: SQL;
  readonly resourceId: SQL;
  readonly changes?: SQL;
  readonly details?: SQL;
}

/**
 * A value that records events and says which, for a column named `events`. They are recorded once for each row of the statement, so
 * that it has to have one row.
 */
export function recordEvents(entry: TrailEntry): SQL {
  const { changes = sql`null::jsonb`, details = sql`null::jsonb` } = entry;
  const subject = sql`
    row(${entry.outcome}, ${entry.patientId}, ${entry.resourceId}, ${changes}, ${details})::salus.event_subject`;
  return sql`
    salus.record_together(
      ${EVENT_KINDS[entry.type]}, ${entry.type}, ${entry.resource}, ${sql.param(entry.fields)}::text[], ${entry.origin},
      ${entry.each === undefined ? sql`array[${subject}]` : sql`array(select ${subject} from ${entry.each})`})`;
}

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
 * What `recordEvents` has recorded, as salus.record_together() says it: what all have in common, and what each says. Their form is
 * checked where they come off the queue and not here, where it would be a tenth of a read: one that is not as it should be is
 * refused there by itself, and told of.
 */
export function auditRowsOf(events: unknown): AuditRow[] {
  const { shared, own } = Object(events);
  return Array.isArray(own) ? own.map((event) => ({ ...shared, ...event })) : []; // boundary: see above
}

/** The events that statements of their own have made, a row each: of a refusal that was only counted there is none. */
export function eventsOf(rows: readonly Row[]): AuditRow[] {
  return rows.flatMap(({ event }) => (event ? [event as AuditRow] : [])); // boundary: see above
}
