// Compares a log with the rows that it is of, while the log is being verified: every leaf is a row as it stands in the
// database, and every row is a leaf. Reads in the order of the log, a page at a time, in one read-only transaction that
// sees one moment; remembers little more than what it found.
import { type AuditRow, auditRow, isLeafOf } from '@salus/audit';
import type pg from 'pg';

export type DatabaseFault =
  /** The log holds something that is not an event. */
  | 'leaf_malformed'
  /** The log has the event twice. */
  | 'leaf_repeated'
  /** The database says that another event stands there. */
  | 'leaf_of_another_event'
  /** The database has no such event: it was deleted. */
  | 'row_missing'
  /** The event in the database is not what the log says of it. */
  | 'row_changed'
  /** The log has no such event, and had time to: it was invented, or kept from the log. */
  | 'row_without_leaf';

export interface DatabaseFinding {
  readonly fault: DatabaseFault;
  /** Position in the log, from 0. */
  readonly index?: number;
  readonly eventId?: string;
}

export interface DatabaseComparison {
  /** Rows that are as the log says. */
  readonly rows: number;
  /** Rows that are younger than what the log holds. */
  readonly later: number;
  /** The first that was found, and how many there are in all. */
  readonly first: DatabaseFinding | undefined;
  readonly faults: number;
}

export interface DatabaseComparer {
  onEntry(entry: Uint8Array, index: number): Promise<void>;
  /** Looks for rows that are no leaf, once every leaf has been told. */
  finish(size: number): Promise<DatabaseComparison>;
}

export interface ComparedLog {
  readonly organization: string;
  readonly year: number;
  /** Read from where it is published: what was recorded a quarter of an hour ago should be there. A copy is of its own time. */
  readonly live: boolean;
}

const PAGE = 256;
/** Where the log has placed events that nobody noted in the database. More than a few at its end are no accident. */
const UNNOTED_AT_MOST = 10_000;
const GRACE = '15 minutes';

interface Page {
  readonly from: number;
  readonly rows: ReadonlyMap<number, { readonly eventId: string; readonly row: unknown }>;
}

/** @param connection as the database's owner, in no transaction */
export function compareWithDatabase(connection: pg.Client, log: ComparedLog): DatabaseComparer {
  let begun: Promise<unknown> | undefined;
  let page: Page = { from: -PAGE, rows: new Map() };
  let latest = '';
  let rows = 0;
  let faults = 0;
  let first: DatabaseFinding | undefined;
  const unnoted = new Set<string>();

  const found = (finding: DatabaseFinding): void => {
    first ??= finding;
    faults += 1;
  };
  // Not before the checkpoint was read: the rows of every leaf were committed by then.
  const begin = () => {
    begun ??= beginReading(connection);
    return begun;
  };

  async function check(event: { id: string }, entry: Uint8Array, index: number): Promise<void> {
    const eventId = event.id;
    const noted = page.rows.get(index);
    if (noted && noted.eventId !== eventId) return found({ fault: 'leaf_of_another_event', index, eventId });
    const { row, elsewhere } = noted
      ? { row: noted.row, elsewhere: false }
      : await rowOf(connection, log, eventId);
    if (elsewhere || unnoted.has(eventId)) return found({ fault: 'leaf_repeated', index, eventId });
    if (row === null) return found({ fault: 'row_missing', index, eventId });
    const parsed = auditRow.safeParse(row);
    if (!parsed.success || !(await isLeafOf(entry, parsed.data))) {
      return found({ fault: 'row_changed', index, eventId });
    }
    if (!noted && unnoted.size < UNNOTED_AT_MOST) unnoted.add(eventId);
    // Of events that the database has, too: anything else that a leaf says of time may be no time at all.
    if (parsed.data.recordedAt > latest) latest = parsed.data.recordedAt;
    rows += 1;
  }

  return {
    async onEntry(entry, index) {
      await begin();
      if (index >= page.from + PAGE) page = await pageFrom(connection, log, index);
      const event = eventIn(entry);
      if (!event) return found({ fault: 'leaf_malformed', index });
      await check(event, entry, index);
    },

    async finish(size) {
      await begin();
      const horizon = log.live || latest === '' ? 'now' : latest;
      let later = 0;
      for await (const { id, due } of rowsWithoutLeaf(connection, log, { size, horizon })) {
        if (unnoted.has(id)) continue;
        if (due) found({ fault: 'row_without_leaf', eventId: id });
        else later += 1;
      }
      await connection.query('rollback');
      return { rows, later, first, faults };
    },
  };
}

async function beginReading(connection: pg.Client): Promise<void> {
  await connection.query('begin isolation level repeatable read read only');
  await connection.query('set local role salus_owner');
}

function eventIn(entry: Uint8Array): Pick<AuditRow, 'id'> | undefined {
  try {
    return auditRow
      .pick({ id: true })
      .strip()
      .parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(entry)));
  } catch {
    return undefined;
  }
}

/** What the database notes of a stretch of the log, with the events as they stand now. */
async function pageFrom(connection: pg.Client, log: ComparedLog, from: number): Promise<Page> {
  const { rows } = await connection.query<{ index: string; event_id: string; row: unknown }>(
    `select l.index, l.event_id,
            (select salus.audit_row(e) from salus.audit_events e
              where e.id = l.event_id and e.organization_id = l.organization_id) as row
       from salus.audit_leaves l
      where l.organization_id = $1 and l.year = $2 and l.index >= $3 and l.index < $4
      order by l.index`,
    [log.organization, log.year, from, from + PAGE],
  );
  return {
    from,
    rows: new Map(rows.map(({ index, event_id, row }) => [Number(index), { eventId: event_id, row }])),
  };
}

/** An event whose place in the log nobody has noted yet, or has noted elsewhere. */
async function rowOf(
  connection: pg.Client,
  { organization }: ComparedLog,
  id: string,
): Promise<{ row: unknown; elsewhere: boolean }> {
  const { rows } = await connection.query<{ row: unknown; elsewhere: boolean }>(
    `select (select salus.audit_row(e) from salus.audit_events e where e.id = $1 and e.organization_id = $2) as row,
            exists (select from salus.audit_leaves where event_id = $1) as elsewhere`,
    [id, organization],
  );
  return rows[0] ?? { row: null, elsewhere: false };
}

/** Events of the log's year that are noted at no place of this log, oldest first. */
async function* rowsWithoutLeaf(
  connection: pg.Client,
  { organization, year }: ComparedLog,
  { size, horizon }: { readonly size: number; readonly horizon: string },
): AsyncGenerator<{ id: string; due: boolean }> {
  await connection.query(
    `declare without_leaf no scroll cursor for
     select e.id, e.recorded_at < ${connection.escapeLiteral(horizon)}::timestamptz - interval '${GRACE}' as due
       from salus.audit_events e
      where e.organization_id = ${connection.escapeLiteral(organization)}
        and e.recorded_at >= make_timestamptz(${year}, 1, 1, 0, 0, 0, 'UTC')
        and e.recorded_at < make_timestamptz(${year + 1}, 1, 1, 0, 0, 0, 'UTC')
        and not exists (select from salus.audit_leaves l
                         where l.event_id = e.id and l.organization_id = e.organization_id
                           and l.year = ${year} and l.index < ${size})
      order by e.recorded_at, e.id`,
  );
  for (;;) {
    const { rows } = await connection.query<{ id: string; due: boolean }>(`fetch ${PAGE} from without_leaf`);
    yield* rows;
    if (rows.length < PAGE) return;
  }
}
