// The weekly report of each organization (45 CFR 164.308(a)(1)(ii)(D)), by the clock: made once the week is over in the
// organization's time zone, and sent to its compliance contacts. Most minutes nothing is due.
import { toPdf } from '@salus/audit';
import {
  createWeeklyReport,
  type DueReport,
  dueReports,
  openReport,
  reportSent,
  takeReport,
  type UnsentReport,
  unsentReports,
} from '@salus/db';
import { type Mail, MailError } from '../mail/mail.ts';
import { asJob, type Minute } from '../minute.ts';

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
    const contacts = await takeReport(run, id);
    if (contacts === null) return;
    const content = await openReport(run.keyring, organizationId, id, minute.isolate.services.reportFiles);
    const day = content.from.slice(0, 10);
    const counts = { sent: 0, refused: 0 };
    for (const { target } of contacts) {
      try {
        await mail.send({
          to: target,
          subject: `Audit report for the week of ${day}`,
          text: `${content.events} events. The report is attached; it holds ids and counts, and no names.\n`,
          attachments: [
            { name: `audit-report-${day}.pdf`, type: 'application/pdf', content: toPdf(content) },
          ],
        });
        counts.sent += 1;
      } catch (error) {
        // One that can never be delivered keeps no other back; anything else is tried again later, for all of them.
        if (!(error instanceof MailError) || error.retry) throw error;
        counts.refused += 1;
      }
    }
    await reportSent(run, id, counts);
  });
}
