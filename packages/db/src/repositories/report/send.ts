// Weekly reports on their way to the compliance contacts: which are due to be made or sent, to whom, and that they went.
import type { Destination, OrganizationId, ReportId, ReportPeriod } from '@salus/schema';
import { destination, organizationId, reportId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../database.ts';
import { beginJob, type JobRun } from '../../job.ts';
import { selectFields } from '../../sealed-record.ts';
import { destinations } from '../../tables/destination.ts';
import { reports } from '../../tables/report.ts';
import { auditRowsOf, recordEvents } from '../../trail.ts';
import { DESTINATION_FIELDS, openDestination } from '../destination.ts';

export interface DueReport {
  readonly organizationId: OrganizationId;
  readonly period: ReportPeriod;
}

/** Weeks of which nobody has made the report yet. @throws DatabaseError */
export async function dueReports(database: Database): Promise<DueReport[]> {
  const [rows = []] = await database.transaction([sql`select * from salus.due_reports()`]);
  const iso = (value: unknown) => new Date(String(value)).toISOString();
  return rows.map((row) => ({
    organizationId: organizationId.parse(row.organization_id),
    period: { from: iso(row.period_from), until: iso(row.period_until) },
  }));
}

export interface UnsentReport {
  readonly organizationId: OrganizationId;
  readonly id: ReportId;
}

/** @throws DatabaseError */
export async function unsentReports(database: Database): Promise<UnsentReport[]> {
  const [rows = []] = await database.transaction([sql`select * from salus.unsent_reports()`]);
  return rows.map((row) => ({
    organizationId: organizationId.parse(row.organization_id),
    id: reportId.parse(row.report_id),
  }));
}

/** A report on its way to those contacts that have neither got nor refused it. */
export interface TakenReport {
  readonly contacts: readonly Destination[];
  /** Whether there is no attempt after this one. */
  readonly isLast: boolean;
}

/** Attempts are a quarter of an hour apart at first, and four hours in the end. */
const AGAIN = sql`interval '15 minutes' * 2 ^ least(r.attempts, 4)`;

/**
 * Takes a report to send, so that no other run does for a while, and says to whom it goes.
 * @returns null when another run has taken it
 * @throws DatabaseError, KeyError, IntegrityError
 */
export async function takeReport(run: JobRun, id: ReportId): Promise<TakenReport | null> {
  const [, [taken] = [], rows = []] = await run.database.transaction([
    beginJob(run),
    sql`
      update ${reports} r set send_after = now() + ${AGAIN}, attempts = r.attempts + 1
       where ${isReport(id)} and r.sent_at is null and r.send_after <= now()
      returning r.created_at < now() - interval '13 days' as last`,
    sql`
      select ${selectFields(destination, DESTINATION_FIELDS, 'd')} from ${destinations} d
       where d.organization_id = (select (salus.context()).organization_id) and d.kind = 'mail'
         and not exists (select from ${reports} r where ${isReport(id)} and d.id = any (r.sent_to || r.refused_by))
       order by d.id`,
  ]);
  if (!taken) return null;
  return {
    contacts: await Promise.all(rows.map((row) => openDestination(run, row))),
    isLast: taken.last === true,
  };
}

/** Notes that a contact has it, or will never take it. @throws DatabaseError */
export async function reportTaken(
  run: JobRun,
  id: ReportId,
  by: Destination,
  how: 'sent' | 'refused',
): Promise<void> {
  const column = how === 'sent' ? sql`sent_to` : sql`refused_by`;
  await run.database.transaction([
    beginJob(run),
    sql`update ${reports} r set ${column} = r.${column} || ${by.id}::uuid where ${isReport(id)}`,
  ]);
}

/** Notes that a report is on its way no more, and how many have it. @throws DatabaseError */
export async function reportSent(run: JobRun, id: ReportId, waiting: number): Promise<void> {
  const [, [answer] = []] = await run.database.transaction([
    beginJob(run),
    sql`
      with sent as (
        update ${reports} r set sent_at = now() where ${isReport(id)}
        returning r.id, cardinality(r.sent_to) as sent, cardinality(r.refused_by) as refused
      )
      select ${recordEvents({
        type: 'report.send',
        resource: 'report',
        fields: [],
        origin: sql`null::bytea`,
        each: sql`sent`,
        outcome: sql`case when sent.sent > 0 then 'success' else 'failed' end`,
        patientId: sql`null::uuid`,
        resourceId: sql`sent.id`,
        details: sql`jsonb_build_object('sent', sent.sent, 'refused', sent.refused, 'waiting', ${waiting}::integer)`,
      })} as events`,
  ]);
  run.committed(auditRowsOf(answer?.events));
}

function isReport(id: ReportId): SQL {
  return sql`(r.organization_id, r.id) = ((select (salus.context()).organization_id), ${id}::uuid)`;
}
