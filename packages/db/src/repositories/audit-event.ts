// The trail on its way to the log: events that no leaf stands for yet, and where the log has placed them.
import { type AuditRow, auditRow } from '@salus/audit';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../database.ts';

export interface PlacedLeaf {
  readonly eventId: string;
  /** Position in the log, from 0. */
  readonly index: number;
  /** The event as the log was given it. */
  readonly row: AuditRow;
  /** The log has an event of this id that says something else. */
  readonly contradicted: boolean;
}

/** A row of the trail that is not what its log says of it. */
export interface Contradiction {
  readonly eventId: string;
  readonly reason: 'logged_otherwise' | 'row_missing' | 'row_changed';
}

export interface EventsWithoutLeaf {
  readonly rows: readonly AuditRow[];
  /** Ids of events that are not as they should be, so that no leaf can be made of them. */
  readonly malformed: readonly string[];
  /** Where the next page begins; null when this is the last. */
  readonly next: EventPosition | null;
}

export interface EventPosition {
  /** PostgreSQL's own words, to the microsecond. */
  readonly recordedAt: string;
  readonly id: string;
}

/** Events that the second look takes at a time: a trail of ten million is gone round in two days. */
const SLICE = 5_000;

/**
 * Events older than `seconds` that have no leaf, oldest first; before the first page those that the second look has found
 * behind what is known to have its leaves (migration 0020). @throws DatabaseError
 */
export async function eventsWithoutLeaf(
  database: Database,
  {
    seconds,
    after,
    atMost,
  }: { readonly seconds: number; readonly after: EventPosition | null; readonly atMost: number },
): Promise<EventsWithoutLeaf> {
  const [found = [], , behind = []] = await database.transaction([
    withoutLeaf(seconds, after, atMost),
    ...(after === null ? secondLook(seconds, atMost) : []),
  ]);
  const rows: AuditRow[] = [];
  const malformed: string[] = [];
  for (const { id, event } of [...behind, ...found]) {
    const parsed = auditRow.safeParse(event);
    if (parsed.success) rows.push(parsed.data);
    else malformed.push(String(id));
  }
  const last = found.length === atMost ? found.at(-1) : undefined;
  return {
    rows,
    malformed,
    next: last ? { recordedAt: String(last.recorded_at), id: String(last.id) } : null,
  };
}

export function withoutLeaf(seconds: number, after: EventPosition | null, atMost: number): SQL {
  return sql`
    select id, recorded_at, event from salus.events_without_leaf(
      make_interval(secs => ${seconds}::integer), ${after?.recordedAt ?? null}::timestamptz,
      ${after?.id ?? null}::uuid, ${atMost}::integer)`;
}

/** Notes how far everything has its leaf, and looks at a slice of what is behind that. */
export function secondLook(seconds: number, atMost: number): [SQL, SQL] {
  return [
    sql`select salus.note_sweep(make_interval(secs => ${seconds}::integer))`,
    sql`select id, event from salus.events_left_behind(${SLICE}::integer, ${atMost}::integer)`,
  ];
}

/** Keeps events that no leaf can be made of from the others' way, for a day. @throws DatabaseError */
export async function setAsideEvents(database: Database, ids: readonly string[]): Promise<void> {
  const list = sql.join(
    ids.map((id) => sql`${id}`),
    sql`, `,
  );
  await database.transaction([sql`select salus.set_aside_events(array[${list}]::uuid[])`]);
}

/**
 * Notes where a log placed events. What contradicts the trail is a security event in it.
 * @throws DatabaseError `conflict` when it says otherwise than before
 */
export async function recordLeaves(
  database: Database,
  organization: string,
  year: number,
  placed: readonly PlacedLeaf[],
): Promise<Contradiction[]> {
  const [found = []] = await database.transaction([
    sql`
      select event_id, reason
        from salus.record_leaves(${organization}::uuid, ${year}::integer, ${JSON.stringify(placed)}::jsonb)`,
  ]);
  return found.map(({ event_id, reason }) => ({
    eventId: String(event_id),
    reason: reason as Contradiction['reason'], // the function's own words
  }));
}

/** Makes the months that the trail will lie in, where they are missing. @throws DatabaseError */
export async function addAuditMonths(database: Database): Promise<void> {
  await database.transaction([sql`select salus.add_audit_months()`]);
}
