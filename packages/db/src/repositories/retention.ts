// The end of a year of the trail, step by step (docs/retention.md). The database decides each step by its own clock; a step
// that was done before is not done again, and answers as it did.
import { type OrganizationId, organizationId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../bytea.ts';
import type { Database, Row } from '../database.ts';
import { beginJob, type JobRun } from '../job.ts';
import { eventsOf } from '../trail.ts';

/** Why a year stays for now. `not_in_log`: the event that records its end is itself in no log yet. */
const REFUSALS = ['too_young', 'held', 'no_events', 'not_in_log'] as const;

export type RetentionRefusal = (typeof REFUSALS)[number];

export interface ExpiringYear {
  readonly organizationId: OrganizationId;
  readonly year: number;
}

/** Years that can go now, of every organization, the oldest first. @throws DatabaseError */
export async function expiringYears(database: Database): Promise<ExpiringYear[]> {
  const [rows = []] = await database.transaction([sql`select * from salus.expiring_years()`]);
  return rows.map((row) => ({
    organizationId: organizationId.parse(row.organization_id),
    year: Number(row.year),
  }));
}

/** What was decided of a year, as its certificate will say it. Times are ISO 8601, UTC, with microseconds. */
export interface Expiry {
  readonly ruleYears: number;
  readonly ruleBasis: string;
  readonly decidedAt: string;
  readonly requestId: string;
  readonly firstRecordedAt: string;
  readonly lastRecordedAt: string;
  /** Whether it is certified, and recorded in the present log. */
  readonly isRecorded: boolean;
}

type Decided<T> = { readonly refusal: null; readonly value: T } | { readonly refusal: RetentionRefusal };

/** Decides that a year ends, or tells what was decided. @throws DatabaseError */
export async function beginExpiry(run: JobRun, year: number): Promise<Decided<Expiry>> {
  const row = await step(
    run,
    sql`select b.refusal, b.event, (b.decision).rule_years, (b.decision).rule_basis, (b.decision).request_id,
               ${utc('decided_at')}, ${utc('first_recorded_at')}, ${utc('last_recorded_at')},
               (b.decision).event_id is not null as is_recorded
          from salus.begin_expiry(${year}::integer) b`,
  );
  const refusal = refusalIn(row);
  if (refusal !== null) return { refusal };
  const value = {
    ruleYears: Number(row.rule_years),
    ruleBasis: String(row.rule_basis),
    decidedAt: String(row.decided_at),
    requestId: String(row.request_id),
    firstRecordedAt: String(row.first_recorded_at),
    lastRecordedAt: String(row.last_recorded_at),
    isRecorded: row.is_recorded === true,
  };
  return { refusal: null, value };
}

function utc(column: string): SQL {
  const name = sql.identifier(column);
  return sql`to_char((b.decision).${name} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${name}`;
}

export interface YearInLog {
  readonly events: number;
  readonly withoutLeaf: number;
}

/** How much of a year is in its log. Month by month, because a year can be too much for one transaction. @throws DatabaseError */
export async function yearInLog(run: JobRun, year: number): Promise<YearInLog> {
  let [events, withoutLeaf] = [0, 0];
  for (let month = 1; month <= 12; month++) {
    const row = await step(
      run,
      sql`select events, without_leaf from salus.month_in_log(${year}::integer, ${month}::integer)`,
    );
    events += Number(row.events);
    withoutLeaf += Number(row.without_leaf);
  }
  return { events, withoutLeaf };
}

/** @throws DatabaseError `conflict` when the leaves say otherwise, or the year was recorded otherwise before */
export async function recordExpiry(
  run: JobRun,
  year: number,
  final: { readonly size: number; readonly root: Uint8Array },
): Promise<RetentionRefusal | null> {
  const root = byteaParameter(new Uint8Array(final.root));
  return refusalIn(
    await step(
      run,
      sql`select refusal, event from salus.record_expiry(${year}::integer, ${final.size}::bigint, ${root})`,
    ),
  );
}

/** Why a recorded year may not be destroyed yet, or null. @throws DatabaseError */
export async function destructionRefusal(run: JobRun, year: number): Promise<RetentionRefusal | null> {
  return refusalIn(await step(run, sql`select salus.destruction_refusal(${year}::integer) as refusal`));
}

export interface DroppedEvents {
  readonly refusal: RetentionRefusal | null;
  readonly dropped: number;
  /** Whether the year has events still. */
  readonly remaining: boolean;
}

/** Deletes events of a year and their leaves, together. @throws DatabaseError */
export async function dropExpiredEvents(run: JobRun, year: number, atMost: number): Promise<DroppedEvents> {
  const row = await step(
    run,
    sql`select refusal, dropped, remaining from salus.drop_expired_events(${year}::integer, ${atMost}::integer)`,
  );
  return { refusal: refusalIn(row), dropped: Number(row.dropped), remaining: row.remaining === true };
}

/** Drops months of the trail that nobody has an event in any more, and names them. @throws DatabaseError */
export async function dropEmptyMonths(run: JobRun): Promise<string[]> {
  const [, rows = []] = await run.database.transaction([
    beginJob(run),
    sql`select month from salus.drop_empty_months() as month`,
  ]);
  return rows.map(({ month }) => String(month));
}

/**
 * Deletes what signing in has left behind and is long past its end, at most so many of each kind; tells whether there is more.
 * In the turn of the platform. @throws DatabaseError
 */
export async function purgeSignIn(run: JobRun, atMost: number): Promise<boolean> {
  const { more } = await step(run, sql`select more, event from salus.purge_sign_in(${atMost}::integer)`);
  return more === true;
}

/** One statement of the job, which answers one row; its event, if it has one, has been committed. */
async function step(run: JobRun, statement: SQL): Promise<Row> {
  const [, [row = {}] = []] = await run.database.transaction([beginJob(run), statement]);
  run.committed(eventsOf([row]));
  return row;
}

function refusalIn({ refusal }: Row): RetentionRefusal | null {
  if (refusal === null) return null;
  const known = REFUSALS.find((reason) => reason === refusal);
  if (known === undefined) throw new TypeError('a refusal that this release does not know');
  return known;
}
