// Raising alerts, and telling of them. One transaction looks at the trail, raises what is new and takes hold of what is to be
// delivered: taking hold is to put the next attempt off, so that whoever is killed in the middle has only made it later.
import { ALERT_LIMITS } from '@salus/audit';
import { type Alert, alert, type Destination, destination } from '@salus/schema';
import { sql } from 'drizzle-orm';
import type { Row } from '../../database.ts';
import { beginJob, type JobRun } from '../../job.ts';
import { selectFields } from '../../sealed-record.ts';
import { alertDeliveries, alerts } from '../../tables/alert.ts';
import { destinations } from '../../tables/destination.ts';
import { auditRowsOf, recordEvents } from '../../trail.ts';
import { DESTINATION_FIELDS, openDestination } from '../destination.ts';
import { alertOf } from './alert-row.ts';
import { candidates } from './rules.ts';

/** An alert on its way to a destination. */
export interface AlertDelivery {
  readonly alert: Alert;
  readonly destination: Destination;
  /** Whether there is no attempt after this one. */
  readonly isLast: boolean;
}

const DELIVERIES_AT_MOST = 50;
/** A day and more of them, an hour apart in the end. */
const ATTEMPTS_AT_MOST = 40;

const again = sql`make_interval(mins => ${ALERT_LIMITS.againAfterMinutes}::integer)`;

/**
 * Raises what the trail gives cause for, and answers what is to be delivered now.
 * @throws DatabaseError, KeyError, IntegrityError
 */
export async function raiseAlerts(run: JobRun): Promise<AlertDelivery[]> {
  const [, , [raised] = [], due = []] = await run.database.transaction([
    beginJob(run),
    // Two minutes that overlap raise one after the other, so that the second sees what the first has raised.
    sql`select pg_advisory_xact_lock(hashtextextended('alerts ' || ${run.organizationId}, 0))`,
    raise(),
    takeDeliveries(),
  ]);
  run.committed(auditRowsOf(raised?.events));
  return Promise.all(
    due.map(async (row) => ({
      alert: alertOf(row.alert),
      destination: await openDestination(run, destinationRow(row.destination)),
      isLast: Number(row.attempts) >= ATTEMPTS_AT_MOST,
    })),
  );
}

/** @throws DatabaseError */
export async function alertDelivered(run: JobRun, of: AlertDelivery): Promise<void> {
  await run.database.transaction([
    beginJob(run),
    sql`
      update ${alertDeliveries} set delivered_at = now()
       where (organization_id, alert_id, destination_id)
           = (${run.organizationId}::uuid, ${of.alert.id}::uuid, ${of.destination.id}::uuid)`,
  ]);
}

/**
 * Gives a delivery up, and leaves an event that says so.
 * @param reason a stable code
 * @throws DatabaseError
 */
export async function alertUndelivered(
  run: JobRun,
  { alert: { id, rule }, destination }: AlertDelivery,
  reason: string,
): Promise<void> {
  const [, [answer] = []] = await run.database.transaction([
    beginJob(run),
    sql`
      with given_up as (
        update ${alertDeliveries} set attempts = ${ATTEMPTS_AT_MOST}::integer
         where (organization_id, alert_id, destination_id)
             = (${run.organizationId}::uuid, ${id}::uuid, ${destination.id}::uuid)
        returning alert_id
      )
      select ${recordEvents({
        type: 'alert.undelivered',
        resource: 'alert',
        fields: [],
        origin: sql`null::bytea`,
        each: sql`given_up`,
        outcome: sql`'failed'`,
        patientId: sql`null::uuid`,
        resourceId: sql`given_up.alert_id`,
        details: sql`${JSON.stringify({ rule, reason, destinationId: destination.id })}::jsonb`,
      })} as events`,
  ]);
  run.committed(auditRowsOf(answer?.events));
}

/** What is new since the last alert of the same rule and subject counts on to it, or is another one. */
function raise() {
  return sql`
    with ${candidates()},
    news as (
      select c.*, a.id as alert_id,
             a.id is not null and a.acknowledged_at is null and a.raised_at > now() - ${again} as goes_on
        from candidates c
        left join lateral (
          select * from ${alerts} a
           where (a.organization_id, a.rule, a.subject) = ((select (salus.context()).organization_id), c.rule, c.subject)
           order by a.raised_at desc, a.id desc limit 1
        ) a on true
       where a.id is null or c.last_event_at > a.last_event_at
    ),
    counted as (
      update ${alerts} a set count = greatest(a.count, n.count::integer), last_event_at = n.last_event_at
        from news n where n.goes_on and a.id = n.alert_id
    ),
    raised as (
      insert into ${alerts} as a (organization_id, rule, subject, count, last_event_at)
      select (select (salus.context()).organization_id), rule, subject, count::integer, last_event_at
        from news where not goes_on
      returning a.organization_id, a.id, a.rule, a.subject, a.count
    ),
    queued as (
      insert into ${alertDeliveries} (organization_id, alert_id, destination_id)
      select r.organization_id, r.id, d.id from raised r
        join ${destinations} d on d.organization_id = r.organization_id and d.kind in ('webhook', 'mail')
    )
    select ${recordEvents({
      type: 'alert.raise',
      resource: 'alert',
      fields: ['rule', 'subject', 'count'],
      origin: sql`null::bytea`,
      each: sql`raised`,
      outcome: sql`'success'`,
      patientId: sql`null::uuid`,
      resourceId: sql`raised.id`,
      details: sql`jsonb_build_object('rule', raised.rule, 'count', raised.count)`,
    })} as events`;
}

function takeDeliveries() {
  return sql`
    with due as (
      update ${alertDeliveries} t
         set attempts = t.attempts + 1,
             next_attempt_at = now() + least(interval '1 hour', interval '30 seconds' * 2 ^ least(t.attempts, 16))
                                       * (0.5 + random() / 2)
       where (t.organization_id, t.alert_id, t.destination_id) in (
               select w.organization_id, w.alert_id, w.destination_id from ${alertDeliveries} w
                where w.organization_id = (select (salus.context()).organization_id)
                  and w.delivered_at is null and w.next_attempt_at <= now() and w.attempts < ${ATTEMPTS_AT_MOST}::integer
                order by w.next_attempt_at limit ${DELIVERIES_AT_MOST}::integer)
      returning t.organization_id, t.alert_id, t.destination_id, t.attempts
    )
    select due.attempts, (select to_jsonb(x) from (select ${selectFields(alert, Object.keys(alert.fields), 'a')}) x) as alert,
           (select to_jsonb(x) from (select ${selectFields(destination, DESTINATION_FIELDS, 'd')}) x) as destination
      from due
      join ${alerts} a on (a.organization_id, a.id) = (due.organization_id, due.alert_id)
      join ${destinations} d on (d.organization_id, d.id) = (due.organization_id, due.destination_id)
     order by a.id, d.id`;
}

function destinationRow(value: unknown): Row {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
