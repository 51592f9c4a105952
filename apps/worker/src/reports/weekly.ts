// The weekly report of each organization (45 CFR 164.308(a)(1)(ii)(D)), by the clock: made once the week is over in the
// organization's time zone, and sent to its compliance contacts. Most minutes nothing is due.
import { type ReportContent, toPdf } from '@salus/audit';
import {
  createWeeklyReport,
  type DueReport,
  dueReports,
  openReport,
  reportSent,
  reportTaken,
  takeReport,
  type UnsentReport,
  unsentReports,
} from '@salus/db';
import { type Mail, MailError, type MailMessage } from '../mail/mail.ts';
import { asJob, type Minute } from '../minute.ts';
import { report } from '../report.ts';

/** In one minute. The others have theirs in the next. */
const AT_ONCE = 5;

/** @throws DatabaseError; what fails for one organization keeps no other back */
export async function makeWeeklyReports(minute: Minute): Promise<void> {
  const { database, services } = minute.isolate;
  const make = ({ organizationId, period }: DueReport) =>
    asJob(minute, 'report', organizationId, async (run) => {
      await createWeeklyReport(run, period, services.reportFiles);
    });
  for (const due of (await dueReports(database)).slice(0, AT_ONCE)) await make(due);
}

/** Without a mail server nothing is sent, and waits. @throws as `makeWeeklyReports` */
export async function sendWeeklyReports(minute: Minute): Promise<void> {
  const { database, mail } = minute.isolate;
  if (!mail) return;
  for (const unsent of (await unsentReports(database)).slice(0, AT_ONCE)) await send(minute, mail, unsent);
}

function send(minute: Minute, mail: Mail, { organizationId, id }: UnsentReport): Promise<void> {
  return asJob(minute, 'report', organizationId, async (run) => {
    const taken = await takeReport(run, id);
    if (taken === null) return;
    const content = await openReport(run.keyring, organizationId, id, minute.isolate.services.reportFiles);
    const message = messageOf(content);
    let waiting = 0;
    for (const contact of taken.contacts) {
      try {
        await mail.send({ ...message, to: contact.target });
        await reportTaken(run, id, contact, 'sent');
      } catch (error) {
        if (!(error instanceof MailError)) throw error;
        report(run.requestId, { code: `report_${error.code}`, error: error.name });
        // One that has to wait keeps no other back, and is asked again by itself.
        if (error.retry) waiting += 1;
        else await reportTaken(run, id, contact, 'refused');
      }
    }
    if (waiting === 0 || taken.isLast) await reportSent(run, id, waiting);
  });
}

function messageOf(content: ReportContent): Omit<MailMessage, 'to'> {
  const day = content.from.slice(0, 10);
  return {
    subject: `Audit report for the week of ${day}`,
    text: `${content.events} events. The report is attached; it holds ids and counts, and no names.\n`,
    attachments: [{ name: `audit-report-${day}.pdf`, type: 'application/pdf', content: toPdf(content) }],
  };
}
