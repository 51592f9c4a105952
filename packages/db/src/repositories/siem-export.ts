// The trail on its way to a SIEM. Events go in the order of their logs, each log without a gap: what was committed late has a
// later leaf, and is not passed over. A cursor moves when the SIEM has said that it took what lies before it. Whoever exports
// holds the destination by a lease, which the next one takes when it has run out.
import { auditRow, missingRow, type SiemEvent } from '@salus/audit';
import { fromBase64, keyVersionOf, open } from '@salus/crypto';
import {
  auditEvent,
  type Destination,
  destination,
  type OrganizationId,
  organizationId,
} from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import type { Database, Row } from '../database.ts';
import { beginJob, type JobRun } from '../job.ts';
import { selectFields } from '../sealed-record.ts';
import { auditEvents, auditLeaves } from '../tables/audit-event.ts';
import { destinations, siemCursors } from '../tables/destination.ts';
import { DESTINATION_FIELDS, openDestination } from './destination.ts';

/** A SIEM that nobody else exports to for the time being. */
export interface HeldSiem {
  readonly destination: Destination;
  readonly lease: string;
  /** Attempts that have failed, one after the other. */
  readonly failures: number;
}

/** Events that follow one another in one log. */
export interface SiemBatch {
  readonly year: number;
  /** Of the first event. */
  readonly index: number;
  readonly events: readonly SiemEvent[];
}

const LEASE = sql`clock_timestamp() + interval '60 seconds'`;
const EVENTS_AT_MOST = 200;

/** Organizations with a SIEM whose turn it is. @throws DatabaseError */
export async function organizationsToExport(database: Database): Promise<OrganizationId[]> {
  const [rows = []] = await database.transaction([sql`select id from salus.organizations_to_export() as id`]);
  return rows.map(({ id }) => organizationId.parse(id));
}

/** Takes hold of the SIEMs whose turn it is. @throws DatabaseError, KeyError, IntegrityError */
export async function holdSiems(run: JobRun): Promise<HeldSiem[]> {
  const [, rows = []] = await run.database.transaction([
    beginJob(run),
    sql`
      update ${destinations} d set next_attempt_at = ${LEASE}
       where d.organization_id = ${run.organizationId}::uuid and d.kind in ('ocsf', 'syslog')
         and d.next_attempt_at <= now()
      returning ${selectFields(destination, DESTINATION_FIELDS, 'd')}, d.next_attempt_at::text as lease, d.failures`,
  ]);
  return Promise.all(
    rows.map(async (row) => ({
      destination: await openDestination(run, row),
      lease: String(row.lease),
      failures: Number(row.failures),
    })),
  );
}

/** What comes next, or null when there is nothing. @throws DatabaseError, KeyError, IntegrityError */
export async function nextSiemBatch(run: JobRun, { destination }: HeldSiem): Promise<SiemBatch | null> {
  const [, rows = []] = await run.database.transaction([beginJob(run), pending(run, destination)]);
  return batchOf(run, destination, rows);
}

/**
 * Notes that a batch was taken, and goes on with the next. Null when somebody else holds the SIEM by now; the cursor is theirs.
 * @throws DatabaseError, KeyError, IntegrityError
 */
export async function siemDelivered(
  run: JobRun,
  { destination, lease }: HeldSiem,
  { year, index, events }: SiemBatch,
): Promise<{ readonly held: HeldSiem; readonly next: SiemBatch | null } | null> {
  const [, [renewed] = [], rows = []] = await run.database.transaction([
    beginJob(run),
    sql`
      with held as (
        update ${destinations} d
           set next_attempt_at = ${LEASE}, failures = 0, failing_since = null, delivered_at = now()
         where ${isHeld(run, destination, lease)}
        returning d.organization_id, d.id, d.next_attempt_at::text as lease
      ),
      moved as (
        insert into ${siemCursors} as c (organization_id, destination_id, year, next_index)
        select organization_id, id, ${year}::integer, ${index + events.length}::bigint from held
        on conflict (organization_id, destination_id, year) do update set next_index = excluded.next_index
      )
      select lease from held`,
    pending(run, destination),
  ]);
  if (!renewed) return null;
  const held = { destination, lease: String(renewed.lease), failures: 0 };
  return { held, next: await batchOf(run, destination, rows) };
}

/** Puts the next attempt off. @throws DatabaseError */
export async function siemFailed(
  run: JobRun,
  { destination, lease }: HeldSiem,
  milliseconds: number,
): Promise<void> {
  await run.database.transaction([
    beginJob(run),
    sql`
      update ${destinations} d
         set failures = d.failures + 1, failing_since = coalesce(d.failing_since, now()),
             next_attempt_at = now() + make_interval(secs => ${milliseconds / 1000}::double precision)
       where ${isHeld(run, destination, lease)}`,
  ]);
}

/** Lets go, so that the next run can go on. @throws DatabaseError */
export async function releaseSiem(run: JobRun, { destination, lease }: HeldSiem): Promise<void> {
  await run.database.transaction([
    beginJob(run),
    sql`update ${destinations} d set next_attempt_at = now() where ${isHeld(run, destination, lease)}`,
  ]);
}

function isHeld({ organizationId }: JobRun, { id }: Destination, lease: string): SQL {
  return sql`(d.organization_id, d.id) = (${organizationId}::uuid, ${id}::uuid) and d.next_attempt_at = ${lease}::timestamptz`;
}

/** The events after the cursor of the oldest log that has some, up to the first leaf that is not there yet. */
export function pending(
  { organizationId }: Pick<JobRun, 'organizationId'>,
  { id, withOrigin }: Pick<Destination, 'id' | 'withOrigin'>,
): SQL {
  const organization = sql`${organizationId}::uuid`;
  const kept = withOrigin ? sql`'{"changes": null}'` : sql`'{"changes": null, "origin": null}'`;
  const startOf = (year: SQL) => sql`make_timestamptz(${year}, 1, 1, 0, 0, 0, 'UTC')`;
  return sql`
    with logs as (
      select y.year, coalesce(c.next_index, 0) as next_index
        from generate_series(
               (select min(l.year) from ${auditLeaves} l where l.organization_id = ${organization}),
               (select max(l.year) from ${auditLeaves} l where l.organization_id = ${organization})) y(year)
        left join ${siemCursors} c
          on (c.organization_id, c.destination_id, c.year) = (${organization}, ${id}::uuid, y.year)
    ),
    waiting as (
      select logs.year, l.index, l.event_id,
             l.index = logs.next_index + row_number() over (partition by logs.year order by l.index) - 1 as follows
        from logs cross join lateral (
          select l.index, l.event_id from ${auditLeaves} l
           where (l.organization_id, l.year) = (${organization}, logs.year) and l.index >= logs.next_index
           order by l.index limit ${EVENTS_AT_MOST}::integer
        ) l
    )
    select w.year, w.index, w.event_id,
           case when e.id is not null then salus.audit_row(e) || ${kept}::jsonb end as event
      from waiting w
      left join lateral (
        select e.* from ${auditEvents} e
         where e.organization_id = ${organization} and e.id = w.event_id
           and e.recorded_at >= ${startOf(sql`w.year`)} and e.recorded_at < ${startOf(sql`w.year + 1`)}
         limit 1 -- or PostgreSQL would rather read the year as a whole
      ) e on true
     where w.follows and w.year = (select min(year) from waiting where follows)
     order by w.index`;
}

async function batchOf(run: JobRun, of: Destination, rows: readonly Row[]): Promise<SiemBatch | null> {
  const events = await Promise.all(rows.map((row) => siemEventOf(run, of, row)));
  const [first] = events;
  return first ? { year: first.year, index: first.index, events } : null;
}

async function siemEventOf(run: JobRun, { withOrigin }: Destination, found: Row): Promise<SiemEvent> {
  const { organizationId, now } = run;
  const place = { year: Number(found.year), index: Number(found.index) };
  if (found.event === null) {
    const row = missingRow({ id: String(found.event_id), organizationId, now: now() });
    return { ...place, row, origin: null };
  }
  const row = auditRow.parse(found.event);
  const origin = withOrigin && row.origin !== null ? await openOrigin(run, row.origin, row.requestId) : null;
  return { ...place, row, origin };
}

/** The address is sealed under the request (see sealOrigin). */
async function openOrigin(run: JobRun, base64: string, requestId: string): Promise<SiemEvent['origin']> {
  const sealed = fromBase64(base64);
  const keys = await run.keyring.organization(run.organizationId);
  const { auditKey } = await keys.version(keyVersionOf(sealed));
  const { table, schema } = auditEvent;
  const place = { organization: run.organizationId, table, column: 'origin', row: requestId };
  return schema.shape.origin.parse(await open(auditKey, place, sealed)) ?? null;
}
