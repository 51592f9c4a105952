// The rules of alerts, as one statement over the last minutes of an organization's trail: an index scan of the newest events,
// and one of what should have been logged by now. Each line says which rule, whom it is about, how many, and how new.
import { ALERT_LIMITS, INTEGRITY_EVENTS } from '@salus/audit';
import { type SQL, sql } from 'drizzle-orm';
import { auditEvents, auditLeaves } from '../../tables/audit-event.ts';
import { destinations, siemCursors } from '../../tables/destination.ts';

const LIMITS = ALERT_LIMITS;
const organization = sql`(select (salus.context()).organization_id)`;
const minutes = (count: number) => sql`make_interval(mins => ${count}::integer)`;

/** CTEs that end in `candidates (rule, subject, count, last_event_at)`. */
export function candidates(): SQL {
  return sql`
    recent as materialized (
      select e.kind, e.type, e.outcome, coalesce(e.actor_id::text, '') as actor, e.patient_id, e.recorded_at,
             coalesce((e.details->>'repeated')::integer, 1) as times
        from ${auditEvents} e
       where e.organization_id = ${organization} and e.recorded_at > now() - ${minutes(LIMITS.windowMinutes)}
    ),
    candidates (rule, subject, count, last_event_at) as (
      select 'denials', actor, sum(times), max(recorded_at) from recent
       where outcome = 'denied' group by actor having sum(times) >= ${LIMITS.denials}::integer
      union all
      select 'mass_read', actor, count(distinct patient_id), max(recorded_at) from recent
       where kind = 'phi_access' and outcome = 'success' and actor <> ''
       group by actor having count(distinct patient_id) >= ${LIMITS.patientsRead}::integer
      union all
      select 'break_glass', actor, count(*), max(recorded_at) from recent
       where type = 'break_glass.open' and outcome = 'success' group by actor
      union all
      select 'refresh_reused', actor, count(*), max(recorded_at) from recent
       where type = 'refresh.reused' group by actor
      union all
      select 'integrity', '', count(*), max(recorded_at) from recent
       where type in (${list(INTEGRITY_EVENTS)}) having count(*) > 0
      union all
      select 'dead_letter', '', count(*), max(recorded_at) from recent
       where type = 'audit.dead_letter' having count(*) > 0
      union all ${logBehind()}
      union all ${siemBehind()}
    )`;
}

/** Each event is looked at while it is between the limit and an hour older: then its absence has been told of. */
function logBehind(): SQL {
  const limit = sql`now() - ${minutes(LIMITS.logBehindMinutes)}`;
  return sql`
      select 'log_behind', '', count(*), min(e.recorded_at) from ${auditEvents} e
       where e.organization_id = ${organization} and e.recorded_at < ${limit} and e.recorded_at > ${limit} - interval '1 hour'
         and not exists (select from ${auditLeaves} l where l.event_id = e.id) having count(*) > 0`;
}

/** Something waits, and nothing was taken. How long it has been so is when it began, which stays the same. */
function siemBehind(): SQL {
  const limit = sql`now() - ${minutes(LIMITS.siemBehindMinutes)}`;
  const since = sql`coalesce(d.delivered_at, d.created_at)`;
  return sql`
      select 'siem_behind', d.id::text, greatest(d.failures, 1), ${since} from ${destinations} d
       where d.organization_id = ${organization} and d.kind in ('ocsf', 'syslog') and ${since} < ${limit}
         and exists (
           select from generate_series(
                  (select min(l.year) from ${auditLeaves} l where l.organization_id = d.organization_id),
                  (select max(l.year) from ${auditLeaves} l where l.organization_id = d.organization_id)) y(year)
             join ${auditLeaves} l on (l.organization_id, l.year) = (d.organization_id, y.year)
              and l.index = coalesce((select c.next_index from ${siemCursors} c
                                       where (c.organization_id, c.destination_id, c.year)
                                           = (d.organization_id, d.id, y.year)), 0)
             left join ${auditEvents} e on e.organization_id = d.organization_id and e.id = l.event_id
            where e.recorded_at is null or e.recorded_at < ${limit})`;
}

function list(values: readonly string[]): SQL {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );
}
