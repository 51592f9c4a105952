// Reports that were made: which there are, and what one says. Reading one is an event.
import { type ReportContent, reportContent } from '@salus/audit';
import { keyVersionOf, open } from '@salus/crypto';
import type { Grant } from '@salus/policy';
import { type Page, type PageRequest, type Report, type ReportId, report } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../../call.ts';
import { type Disclosed, disclose } from '../../disclosed.ts';
import { NotFoundError } from '../../errors.ts';
import type { Keyring } from '../../keyring.ts';
import { disclosePageOf } from '../../page.ts';
import { reports } from '../../tables/report.ts';
import { auditRowsOf, recordEvents, sealOrigin } from '../../trail.ts';
import type { ReportFiles } from './reporter.ts';
import { nameOf, placeOf } from './stored.ts';

/** The newest first. @throws CursorError, DatabaseError */
export function listReports(
  call: Call,
  grant: Grant<'report'>,
  page: PageRequest,
): Promise<Disclosed<Page<Report>>> {
  return disclosePageOf(call, grant, page, { resource: report, type: 'report.list' });
}

/** @throws NotFoundError, DatabaseError, IntegrityError, and what `files` throws */
export async function readReport(
  call: Call,
  grant: Grant<'report'>,
  id: ReportId,
  files: ReportFiles,
): Promise<Disclosed<ReportContent>> {
  const { organizationId } = grant.subject;
  const { current } = await call.keyring.organization(organizationId);
  const [, [answer] = []] = await call.database.transaction([
    beginRequest(call, grant.subject, grant.purpose),
    sql`
      with found as (
        select r.id from ${reports} r
         where r.organization_id = (select (salus.context()).organization_id) and r.id = ${id}::uuid
      )
      select exists (select from found) as found, ${recordEvents({
        type: 'report.read',
        resource: 'report',
        fields: grant.fields,
        origin: await sealOrigin(call, current),
        outcome: sql`case when found.id is null then 'denied' else 'success' end`,
        patientId: sql`null::uuid`,
        resourceId: sql`${id}::uuid`,
        details: sql`case when found.id is null then '{"reason":"not_found"}'::jsonb end`,
      })} as events from (select) one left join found on true`,
  ]);
  call.committed(auditRowsOf(answer?.events));
  if (answer?.found !== true) throw new NotFoundError();
  return disclose(await openReport(call.keyring, organizationId, id, files));
}

/** What a report says. @throws IntegrityError, NotFoundError when its file is gone */
export async function openReport(
  keyring: Keyring,
  organization: Grant['subject']['organizationId'],
  id: ReportId,
  files: ReportFiles,
): Promise<ReportContent> {
  const file = await files.get(nameOf(organization, id));
  if (file === null) throw new NotFoundError();
  const sealed = new Uint8Array(file);
  const keys = await keyring.organization(organization);
  const { auditKey } = await keys.version(keyVersionOf(sealed));
  return reportContent.parse(await open(auditKey, placeOf(organization, id), sealed));
}
