// The rules of alerts, as one statement over the last minutes of an organization's trail, and the last day of what is refused or
// grave: index scans, and one of what should have been logged by now. Each line says which rule, whom it is about, how many, and
// how new.
import { ALERT_LIMITS, INTEGRITY_EVENTS } from '@salus/audit';
import { type SQL, sql } from 'drizzle-orm';
import { auditEvents, auditLeaves } from '../../tables/audit-event.ts';
import { destinations, siemCursors } from '../../tables/destination.ts';

const LIMITS = ALERT_LIMITS;
const organization = sql`(select (salus.context()).organization_id)`;
const minutes = (count: number) => sql`make_interval(mins => ${count}::integer)`;
/** As long as the clock may have stood still: what happened meanwhile is told of late, and not never. */
const ofTheDay = sql`e.organization_id = ${organization} and e.recorded_at > now() - ${minutes(LIMITS.lookBackMinutes)}`;

/** CTEs that end in `candidates (rule, subject, count, last_event_at)`. */
export function candidates(): SQL {
  return sql`
    recent as materialized (
      select e.actor_id::text as actor, e.patient_id, e.recorded_at from ${auditEvents} e
       where e.organization_id = ${organization} and e.recorded_at > now() - ${minutes(LIMITS.windowMinutes)}
         and e.kind = 'phi_access' and e.outcome = 'success' and e.actor_id is not null
    ),
    windows as (
      select rule, subject, recorded_at, at_least,
             sum(times) over (partition by rule, subject order by recorded_at
                              range between ${minutes(LIMITS.windowMinutes)} preceding and current row) as count
        from (${refused()} union all ${grave()}) of_the_day
    ),
    newest as (
      select distinct on (rule, subject) rule, subject, count, recorded_at from windows
       where count >= at_least order by rule, subject, recorded_at desc
    ),
    candidates (rule, subject, count, last_event_at) as (
      select * from newest
      union all
      select 'mass_read', actor, count(distinct patient_id), max(recorded_at) from recent
       group by actor having count(distinct patient_id) >= ${LIMITS.patientsRead}::integer
      union all ${logBehind()}
      union all ${siemBehind()}
    )`;
}

/** Refusals of each caller: those that were counted and not recorded each as many. */
function refused(): SQL {
  return sql`
    select 'denials' as rule, coalesce(e.actor_id::text, '') as subject, e.recorded_at,
           coalesce((e.details->>'repeated')::integer, 1) as times, ${LIMITS.denials}::integer as at_least
      from ${auditEvents} e
     where ${ofTheDay} and e.outcome = 'denied'`;
}

/** What is to be looked at each time that it happens. */
function grave(): SQL {
  const rule = sql`
    case e.type when 'break_glass.open' then 'break_glass' when 'refresh.reused' then 'refresh_reused'
                when 'audit.dead_letter' then 'dead_letter' else 'integrity' end`;
  return sql`
    select ${rule}, case when e.type in ('break_glass.open', 'refresh.reused') then coalesce(e.actor_id::text, '') else '' end,
           e.recorded_at, 1, 1
      from ${auditEvents} e
     where ${ofTheDay} and e.type in ('break_glass.open', 'refresh.reused', 'audit.dead_letter', ${list(INTEGRITY_EVENTS)})
       and (e.type <> 'break_glass.open' or e.outcome = 'success')`;
}

/** Each event is looked at while it is between the limit and an hour older: then its absence has been told of. */
function logBehind(): SQL {
  const limit = sql`now() - ${minutes(LIMITS.logBehindMinutes)}`;
  return sql`
      select 'log_behind', '', count(*), min(e.recorded_at) from ${auditEvents} e
       where e.organization_id = ${organization} and e.recorded_at < ${limit} and e.recorded_at > ${limit} - interval '1 hour'
         and not exists (select from ${auditLeaves} l where l.event_id = e.id) having count(*) > 0`;
}

/**
 * Something waits, and either nothing was taken, which began at one time and stays the same, or what has happened since the SIEM is
 * there comes to it too late. What had happened before that takes as long as it takes. The leaf that waits and its event are
 * looked up for each year (hence the limits): PostgreSQL might join, and read all leaves and all events for it.
 */
function siemBehind(): SQL {
  const limit = sql`now() - ${minutes(LIMITS.siemBehindMinutes)}`;
  return sql`
      select 'siem_behind', d.id::text, greatest(d.failures, 1), case when taken.at < ${limit} then taken.at else waiting.since end
        from ${destinations} d
       cross join lateral (select coalesce(d.delivered_at, d.created_at) as at) taken
       cross join lateral (
         select count(*) > 0 as is, min(e.recorded_at) filter (where e.recorded_at >= d.created_at) as since
           from generate_series(
                (select min(l.year) from ${auditLeaves} l where l.organization_id = d.organization_id),
                (select max(l.year) from ${auditLeaves} l where l.organization_id = d.organization_id)) y(year)
          cross join lateral (
            select l.event_id from ${auditLeaves} l
             where (l.organization_id, l.year) = (d.organization_id, y.year)
               and l.index = coalesce((select c.next_index from ${siemCursors} c
                                        where (c.organization_id, c.destination_id, c.year)
                                            = (d.organization_id, d.id, y.year)), 0)
             limit 1) l
           left join lateral (
             select e.recorded_at from ${auditEvents} e
              where e.organization_id = d.organization_id and e.id = l.event_id limit 1) e on true
          where e.recorded_at is null or e.recorded_at < ${limit}) waiting
       where d.organization_id = ${organization} and d.kind in ('ocsf', 'syslog')
         and (taken.at < ${limit} and waiting.is or waiting.since is not null)`;
}

function list(values: readonly string[]): SQL {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );
}
