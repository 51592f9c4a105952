// Alerts, each minute and for each organization: raised from the trail, and told to whoever is to know, by mail and by signed
// webhooks (Standard Webhooks). What is told is a rule, a count and opaque ids. One that cannot be
// delivered is tried again, unless it was refused for good (RFC 5321 §4.2.1).
import { utf8 } from '@salus/crypto';
import { type AlertDelivery, alertDelivered, alertUndelivered, type JobRun, raiseAlerts } from '@salus/db';
import { OutgoingError } from '@salus/outgoing';
import type { Alert, AlertRule } from '@salus/schema';
import { MailError, type MailMessage } from '../mail/mail.ts';
import { eachOrganization, type Minute } from '../minute.ts';
import { deliver, policyOf } from '../outgoing/deliver.ts';
import { report } from '../report.ts';

/** @throws DatabaseError when it is not known which organizations there are */
export async function watch(minute: Minute): Promise<void> {
  await eachOrganization(minute, 'alert', async (run) => {
    const deliveries = await raiseAlerts(run);
    await Promise.all(deliveries.map((delivery) => tell(minute, run, delivery)));
  });
}

async function tell(minute: Minute, run: JobRun, delivery: AlertDelivery): Promise<void> {
  try {
    await send(minute, run, delivery);
  } catch (error) {
    if (!(error instanceof OutgoingError || error instanceof MailError)) throw error;
    report(run.requestId, { code: `alert_${error.code}`, error: error.name });
    const isRefused = error instanceof MailError && !error.retry;
    if (isRefused || delivery.isLast) await alertUndelivered(run, delivery, error.code);
    return;
  }
  await alertDelivered(run, delivery);
}

/** @throws OutgoingError, MailError */
async function send(
  { isolate: { configuration, mail } }: Minute,
  { organizationId }: JobRun,
  { alert, destination }: AlertDelivery,
): Promise<void> {
  if (destination.kind === 'mail') {
    if (!mail) throw new MailError('mail_not_configured');
    return mail.send(mailOf(alert, { to: destination.target, organizationId, issuer: configuration.ISSUER }));
  }
  const { id, rule, subject, count, raisedAt } = alert;
  const content = {
    type: 'alert.raised',
    timestamp: raisedAt,
    data: { id, organizationId, rule, subject: subject === '' ? null : subject, count },
  };
  const body = utf8(JSON.stringify(content));
  return deliver(destination, { id, type: 'application/json', body }, policyOf(configuration));
}

const WORDS: Readonly<Record<AlertRule, string>> = {
  denials: 'many refusals of one caller',
  mass_read: "many patients' records seen by one user",
  break_glass: 'emergency access was opened',
  refresh_reused: 'a refresh token was used that had been replaced',
  integrity: 'something is not what it was',
  dead_letter: 'messages to the log could not be delivered',
  log_behind: 'events wait to be logged',
  siem_behind: 'events wait for a SIEM',
};

function mailOf(
  { id, rule, subject, count, raisedAt }: Alert,
  of: { readonly to: string; readonly organizationId: string; readonly issuer: string },
): MailMessage {
  const lines = [
    `${WORDS[rule]} (${rule})`,
    '',
    `count:        ${count}`,
    ...(subject === '' ? [] : [`about:        ${subject}`]),
    `raised:       ${raisedAt}`,
    `organization: ${of.organizationId}`,
    `alert:        ${id}`,
    `deployment:   ${of.issuer}`,
    '',
    'Whoever answers for it acknowledges it there (alerts.acknowledge).',
    '',
  ];
  return { to: of.to, subject: `Salus alert: ${WORDS[rule]}`, text: lines.join('\n') };
}
