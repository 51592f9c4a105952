// What reports are made of: the events of a period, page by page in their order, so that none is missed or read twice while
// others are written; and how many records each user has used on each day of it and of the ninety days before.
import { type DailyCount, HISTORY_DAYS, type ReportRow, reportRowOf } from '@salus/audit';
import type { ReportPeriod } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { auditEvents } from '../../tables/audit-event.ts';
import type { Reporter } from './reporter.ts';

const PAGE = 5_000;

export interface Setting {
  readonly timeZone: string;
  readonly firstDay: string;
  readonly counts: readonly DailyCount[];
}

/** @throws DatabaseError */
export async function readSetting(
  { database, begin }: Reporter,
  { from, until }: ReportPeriod,
): Promise<Setting> {
  const zone = sql`(select salus.report_time_zone())`;
  const [, [setting] = [], counts = []] = await database.transaction([
    begin,
    sql`select z.name as "timeZone", (${from}::timestamptz at time zone z.name)::date::text as "firstDay"
          from (select salus.report_time_zone() as name) z`,
    sql`
      select e.actor_id as "userId", (e.recorded_at at time zone ${zone})::date::text as day,
             count(distinct e.patient_id)::text as patients
        from ${auditEvents} e
       where e.organization_id = (select (salus.context()).organization_id)
         and e.recorded_at >= ${from}::timestamptz - make_interval(days => ${HISTORY_DAYS}::integer)
         and e.recorded_at < ${until}::timestamptz
         and e.kind in ('phi_access', 'phi_modification', 'phi_deletion') and e.outcome = 'success'
         and e.actor_id is not null and e.actor_role <> 'patient' and e.patient_id is not null
       group by 1, 2`,
  ]);
  return {
    timeZone: String(setting?.timeZone),
    firstDay: String(setting?.firstDay),
    counts: counts.map(({ userId, day, patients }) => ({
      userId: String(userId),
      day: String(day),
      patients: Number(patients),
    })),
  };
}

/** Every event of the period, the oldest first. @throws DatabaseError */
export async function eachEvent(
  { database, begin }: Reporter,
  period: ReportPeriod,
  take: (row: ReportRow) => void,
  atOnce: number = PAGE,
): Promise<void> {
  for (let after: SQL | null = sql`true`; after !== null; ) {
    const [, rows = []]: Record<string, unknown>[][] = await database.transaction([
      begin,
      eventsOfPeriod(period, after, atOnce),
    ]);
    for (const row of rows) take(reportRowOf(row));
    const last = rows.at(-1);
    after =
      last && rows.length === atOnce
        ? sql`(e.recorded_at, e.id) > (${last.at}::timestamptz, ${last.id}::uuid) and e.recorded_at >= ${last.at}::timestamptz`
        : null;
  }
}

function eventsOfPeriod({ from, until }: ReportPeriod, after: SQL, atOnce: number): SQL {
  return sql`
    select e.id, to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, e.kind, e.type, e.outcome,
           e.actor_id as "actorId", e.actor_role as "actorRole", e.patient_id as "patientId", e.purpose,
           e.details->>'reason' as reason, coalesce(e.details->>'repeated', '0') as repeated
      from ${auditEvents} e
     where e.organization_id = (select (salus.context()).organization_id)
       and e.recorded_at >= ${from}::timestamptz and e.recorded_at < ${until}::timestamptz and ${after}
     order by e.recorded_at, e.id limit ${atOnce}::integer`;
}
