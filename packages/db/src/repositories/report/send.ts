// Weekly reports on their way to the compliance contacts: which are due to be made or sent, to whom, and that they went.
import type { Destination, OrganizationId, ReportId, ReportPeriod } from '@salus/schema';
import { destination, organizationId, reportId } from '@salus/schema';
import { sql } from 'drizzle-orm';
import type { Database } from '../../database.ts';
import { beginJob, type JobRun } from '../../job.ts';
import { selectFields } from '../../sealed-record.ts';
import { destinations } from '../../tables/destination.ts';
import { reports } from '../../tables/report.ts';
import { auditRowsOf, RECORDED, recordEvents } from '../../trail.ts';
import { DESTINATION_FIELDS, openDestination } from '../destination.ts';

export interface DueReport {
  readonly organizationId: OrganizationId;
  readonly period: ReportPeriod;
}

/** Last week's reports that nobody has made yet. @throws DatabaseError */
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

/**
 * Takes a report to send, so that no other run does for a quarter of an hour, and says to whom it goes.
 * @returns null when another run has taken it
 * @throws DatabaseError, KeyError, IntegrityError
 */
export async function takeReport(run: JobRun, id: ReportId): Promise<Destination[] | null> {
  const [, taken = [], rows = []] = await run.database.transaction([
    beginJob(run),
    sql`
      update ${reports} r set send_after = now() + interval '15 minutes'
       where (r.organization_id, r.id) = ((select (salus.context()).organization_id), ${id}::uuid)
         and r.sent_at is null and r.send_after <= now()
      returning r.id`,
    sql`
      select ${selectFields(destination, DESTINATION_FIELDS, 'd')} from ${destinations} d
       where d.organization_id = (select (salus.context()).organization_id) and d.kind = 'mail' order by d.id`,
  ]);
  if (taken.length === 0) return null;
  return Promise.all(rows.map((row) => openDestination(run, row)));
}

/** Notes that a report went out, to how many, and to how many it could not. @throws DatabaseError */
export async function reportSent(
  run: JobRun,
  id: ReportId,
  counts: { readonly sent: number; readonly refused: number },
): Promise<void> {
  const [, [answer] = []] = await run.database.transaction([
    beginJob(run),
    sql`
      with sent as (
        update ${reports} r set sent_at = now()
         where (r.organization_id, r.id) = ((select (salus.context()).organization_id), ${id}::uuid)
        returning r.id
      ),
      events as (${recordEvents({
        type: 'report.send',
        resource: 'report',
        fields: [],
        origin: sql`null::bytea`,
        about: sql`cross join sent`,
        outcome: counts.sent > 0 ? sql`'success'` : sql`'failed'`,
        patientId: sql`null::uuid`,
        resourceId: sql`sent.id`,
        details: sql`${JSON.stringify(counts)}::jsonb`,
      })})
      select ${RECORDED}`,
  ]);
  run.committed(auditRowsOf(answer?.events));
}
