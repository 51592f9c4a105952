// Reports of the trail, for the privacy officer and for administrators.
import { type ReportContent, toCsv, toPdf } from '@salus/audit';
import { createReport, listReports, readReport } from '@salus/db';
import {
  pageOf,
  pageRequest,
  type RenderedReport,
  type ReportFile,
  renderedReport,
  report,
  reportFile,
  reportPeriod,
} from '@salus/schema';
import { ApiError } from '../errors.ts';
import { phi } from '../procedures/phi.ts';
import { t } from '../trpc.ts';

export const reports = t.router({
  /** Makes a report of a period. One further round trip for every 5,000 events and for every 500 patients. */
  create: phi({
    resource: 'report',
    action: 'create',
    roundTrips: 4,
    input: reportPeriod,
    output: report.schema,
  }).mutation(({ call, grant, input, services }) => createReport(call, grant, input, services.reportFiles)),

  get: phi({
    resource: 'report',
    action: 'read',
    roundTrips: 1,
    input: reportFile,
    output: renderedReport,
  }).query(async ({ call, grant, input, services }) => {
    const content = await readReport(call, grant, input.id, services.reportFiles);
    return content.derive(async (of) => rendered(of, input));
  }),

  list: phi({
    resource: 'report',
    action: 'list',
    roundTrips: 1,
    input: pageRequest,
    output: pageOf(report.schema),
  }).query(({ call, grant, input }) => listReports(call, grant, input)),
});

function rendered(content: ReportContent, file: ReportFile): RenderedReport {
  const name = `audit-report-${content.from.slice(0, 10)}`;
  switch (file.format) {
    case 'json':
      return { name: `${name}.json`, mediaType: 'application/json', content: JSON.stringify(content) };
    case 'pdf':
      return { name: `${name}.pdf`, mediaType: 'application/pdf', content: base64(toPdf(content)) };
    case 'csv': {
      const section = content.sections.find((of) => of.name === file.section);
      if (!section) throw new ApiError('not_found');
      return {
        name: `${name}-${section.name}.csv`,
        mediaType: 'text/csv; header=present',
        content: toCsv(section),
      };
    }
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
