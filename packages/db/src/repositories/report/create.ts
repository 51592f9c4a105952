// Makes a report: reads the trail of a period, compares names, seals what it says, puts that away, and notes it, with an event
// that says of which period and which state of the log it was made.
import { type ReportContent, reportContent, reportFolds, volumeOutliers } from '@salus/audit';
import { seal } from '@salus/crypto';
import type { Grant } from '@salus/policy';
import { type Report, type ReportPeriod, report, reportId } from '@salus/schema';
import { sql } from 'drizzle-orm';
import type { Call } from '../../call.ts';
import { type Disclosed, disclose } from '../../disclosed.ts';
import type { JobRun } from '../../job.ts';
import { selectFields } from '../../sealed-record.ts';
import { reports } from '../../tables/report.ts';
import { auditRowsOf, recordEvents } from '../../trail.ts';
import { uuidV7 } from '../../uuid-v7.ts';
import { compareNames } from './kinship.ts';
import { type Reporter, type ReportFiles, reporterOf, reporterOfJob } from './reporter.ts';
import { eachEvent, readSetting } from './source.ts';
import { fieldsOf, nameOf, placeOf, reportOf } from './stored.ts';

/** @throws DatabaseError, IntegrityError, and what `files` throws: then there is no report */
export async function createReport(
  call: Call,
  grant: Grant<'report'>,
  period: ReportPeriod,
  files: ReportFiles,
): Promise<Disclosed<Report>> {
  const made = await make(await reporterOf(call, grant), period, files);
  if (!made) throw new TypeError('a report on request is always a new one');
  return disclose(made);
}

/** The report of a week, unless there is one already: then null. @throws as `createReport` */
export function createWeeklyReport(
  run: JobRun,
  period: ReportPeriod,
  files: ReportFiles,
): Promise<Report | null> {
  return make(reporterOfJob(run), period, files);
}

async function make(reporter: Reporter, period: ReportPeriod, files: ReportFiles): Promise<Report | null> {
  const { organizationId: organization } = reporter;
  const { checkpoint, earlierCheckpoints } = await checkpointsOf(reporter, period, files);
  const { timeZone, firstDay, counts } = await readSetting(reporter, period);
  const folds = reportFolds(timeZone);
  await eachEvent(reporter, period, folds.add);
  const kinship = await compareNames(reporter, folds.pairs());
  const id = reportId.parse(uuidV7(reporter.now()));
  const content: ReportContent = reportContent.parse({
    ...{ id, organizationId: organization, ...period, timeZone, checkpoint, earlierCheckpoints },
    events: folds.events(),
    sections: [...folds.sections(), kinship, volumeOutliers(counts, firstDay)],
  });
  const { current } = await reporter.keyring.organization(organization);
  await files.put(nameOf(organization, id), await seal(current.auditKey, placeOf(organization, id), content));
  return note(reporter, content);
}

/** Of the logs that the period's events are in: there is one for each year, in UTC. */
async function checkpointsOf(
  { organizationId }: Reporter,
  { from, until }: ReportPeriod,
  files: ReportFiles,
): Promise<Pick<ReportContent, 'checkpoint' | 'earlierCheckpoints'>> {
  const last = new Date(Date.parse(until) - 1).getUTCFullYear();
  const earlier: string[] = [];
  for (let year = new Date(from).getUTCFullYear(); year < last; year++) {
    const checkpoint = await files.checkpoint(organizationId, year);
    if (checkpoint !== null) earlier.push(checkpoint);
  }
  return { checkpoint: await files.checkpoint(organizationId, last), earlierCheckpoints: earlier };
}

async function note(reporter: Reporter, content: ReportContent): Promise<Report | null> {
  const { size, root } = treeOf(content.checkpoint);
  const details = {
    ...{ from: content.from, until: content.until, events: content.events },
    checkpoint: size === null ? null : { size, root },
    ...(content.earlierCheckpoints.length > 0 && {
      earlierCheckpoints: content.earlierCheckpoints.map(treeOf),
    }),
  };
  const [, [answer] = []] = await reporter.database.transaction([
    reporter.begin,
    sql`
      with made as (
        insert into ${reports} as r (organization_id, id, trigger, period_from, period_until, events, checkpoint_size,
                                     checkpoint_root, created_by)
        select organization_id, ${content.id}::uuid, ${reporter.trigger}, ${content.from}::timestamptz,
               ${content.until}::timestamptz, ${content.events}::integer, ${size}::bigint, ${root}, user_id
          from salus.context()
        on conflict do nothing
        returning ${selectFields(report, fieldsOf(report), 'r')}
      )
      select (select to_jsonb(made) from made) as report, ${recordEvents({
        type: 'report.create',
        resource: 'report',
        fields: content.sections.map(({ name }) => name),
        origin: reporter.origin,
        each: sql`made`,
        outcome: sql`'success'`,
        patientId: sql`null::uuid`,
        resourceId: sql`made.id`,
        details: sql`${JSON.stringify(details)}::jsonb`,
      })} as events`,
  ]);
  reporter.committed(auditRowsOf(answer?.events));
  return answer?.report ? reportOf(answer.report) : null;
}

/** Lines two and three of a checkpoint (c2sp.org/tlog-checkpoint). */
function treeOf(checkpoint: string | null): { size: number | null; root: string | null } {
  const [, size, root] = checkpoint?.split('\n') ?? [];
  return size === undefined || root === undefined ? { size: null, root: null } : { size: Number(size), root };
}
