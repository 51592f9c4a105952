// The trail on its way to the log: events that no leaf stands for yet, and where the log has placed them.
import type { AuditRow } from '@salus/audit';
import { sql } from 'drizzle-orm';
import type { Database } from '../database.ts';
import { eventsOf } from '../trail.ts';

export interface PlacedLeaf {
  readonly eventId: string;
  /** Position in the log, from 0. */
  readonly index: number;
}

/** Events older than `seconds` that have no leaf, oldest first. @throws DatabaseError */
export async function eventsWithoutLeaf(
  database: Database,
  seconds: number,
  atMost: number,
): Promise<AuditRow[]> {
  const [rows = []] = await database.transaction([
    sql`select event from salus.events_without_leaf(make_interval(secs => ${seconds}::integer), ${atMost}::integer) as event`,
  ]);
  return eventsOf(rows);
}

/** Notes where a log placed events. @throws DatabaseError `conflict` when it says otherwise than before */
export async function recordLeaves(
  database: Database,
  organization: string,
  year: number,
  placed: readonly PlacedLeaf[],
): Promise<void> {
  await database.transaction([
    sql`select salus.record_leaves(${organization}::uuid, ${year}::integer, ${JSON.stringify(placed)}::jsonb)`,
  ]);
}

/** Makes the months that the trail will lie in, where they are missing. @throws DatabaseError */
export async function addAuditMonths(database: Database): Promise<void> {
  await database.transaction([sql`select salus.add_audit_months()`]);
}
