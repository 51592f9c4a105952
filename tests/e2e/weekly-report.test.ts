// The weekly report: of each week that has ended where the organization is, once, and to each compliance contact once, whatever
// the clock and the mail servers do.
import { addDestination } from '@salus/db/destinations';
import { setTimeZone } from '@salus/db/time-zone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IN_THE_CLEAR, type MailServer, startMailServer } from '../harness/mail-server.ts';
import { somebody } from '../harness/patients.ts';
import { type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';

const DAY = 24 * 60 * 60_000;

let system: System;
let mail: MailServer;
beforeAll(async () => {
  mail = await startMailServer({ ...IN_THE_CLEAR, authOptional: true });
  system = await startSystem({
    bindings: { MAIL_URL: `smtp://127.0.0.1:${mail.port}?tls=none`, MAIL_FROM: 'salus@clinic.example' },
  });
  const provider = await system.signedIn('provider');
  const { id } = await provider.client.patients.create(somebody(), { purpose: 'TREAT' });
  await system.owner.query(
    `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, actor_id, actor_role, patient_id, request_id)
     select $1, now() - n * interval '6 hours', 'phi_access', 'patient.read', 'success', $2, 'provider', $3, gen_random_uuid()
       from generate_series(1, 60) n`,
    [system.organizationId, provider.account.id, id],
  );
});
afterAll(async () => {
  await system.stop();
  await mail.close();
});

/** Makes a contact of an address. */
const contact = (target: string) =>
  addDestination(system.owner, system.providers, {
    organizationId: system.organizationId,
    kind: 'mail',
    target,
    withOrigin: false,
    history: false,
  });

/** As if it had never been sent, to nobody. */
const unsend = () =>
  system.owner.query(
    `update salus.reports set sent_at = null, send_after = now(), attempts = 0, sent_to = '{}', refused_by = '{}'
      where trigger = 'weekly'`,
  );

describe('the weekly report', () => {
  const runSchedule = async () => {
    const worker = await system.worker.getWorker();
    await worker.scheduled({ cron: '* * * * *' });
  };
  const weekly = async () => {
    const { rows } = await system.owner.query(
      `select * from salus.reports where trigger = 'weekly' and organization_id = $1`,
      [system.organizationId],
    );
    return rows;
  };
  const sendAgain = () =>
    system.owner.query(`update salus.reports set send_after = now() where sent_at is null`);

  it('is made once, of the week that has ended where the organization is', async () => {
    await setTimeZone(system.owner, system.organizationId, 'Pacific/Auckland');
    await system.owner.query(
      `update salus.organizations set created_at = now() - interval '30 days' where id = $1`,
      [system.organizationId],
    );
    await Promise.all([runSchedule(), runSchedule(), runSchedule()]);
    await runSchedule();
    const [report, ...more] = await weekly();
    expect(more).toEqual([]);
    const local = (at: Date) =>
      new Intl.DateTimeFormat('en', {
        timeZone: 'Pacific/Auckland',
        ...{ weekday: 'short', hour: 'numeric', minute: 'numeric', hourCycle: 'h23' },
      }).format(at);
    expect([local(report.period_from), local(report.period_until)]).toEqual(['Mon 00:00', 'Mon 00:00']);
    expect(report.period_until.getTime()).toBeLessThan(Date.now());
    expect(report.period_until.getTime()).toBeGreaterThan(Date.now() - 7 * DAY - 60 * 60_000);
    const { rows } = await system.owner.query(
      `select count(*)::int as n from salus.audit_events
        where organization_id = $1 and recorded_at >= $2 and recorded_at < $3`,
      [system.organizationId, report.period_from, report.period_until],
    );
    expect(rows[0].n).toBeGreaterThan(20);
    expect(report.events).toBe(rows[0].n);
    const [event] = await trail(system, `type = 'report.create' and actor_role = 'job.report'`);
    expect(event).toMatchObject({ outcome: 'success', actor_id: null });
    const officer = await system.signedIn('privacy_officer');
    const file = await officer.client.reports.get({ id: report.id, format: 'json' }, { purpose: 'HOPERAT' });
    expect(JSON.parse(file.content).timeZone).toBe('Pacific/Auckland');
  });

  it('goes to every compliance contact that can be reached, once, as a PDF without a name', async () => {
    await contact('privacy@clinic.example');
    await contact('refused@clinic.example');
    await contact('security@clinic.example');
    await Promise.all([runSchedule(), runSchedule()]);
    await runSchedule();
    const to = mail.received.flatMap((message) => message.to).toSorted();
    expect(to).toEqual(['privacy@clinic.example', 'security@clinic.example']);
    const source = mail.received[0]?.source ?? '';
    expect(source).toContain('Subject: Audit report for the week of ');
    const attached =
      /filename="?audit-report-[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n([A-Za-z0-9+/=\r\n]+)/.exec(source)?.[1] ??
      '';
    expect(atob(attached.replaceAll(/\s/g, '')).startsWith('%PDF-1.7\n')).toBe(true);
    expect(source).not.toMatch(/Ord/);
    const events = await trail(system, `type = 'report.send'`);
    expect(events).toMatchObject([{ outcome: 'success', details: { sent: 2, refused: 1 } }]);
    expect((await weekly())[0].sent_at).not.toBeNull();
  });

  it('goes to each contact once, however often another asks for patience, and less and less often', async () => {
    const contacts = ['deferred@clinic.example', 'privacy@clinic.example', 'refused@clinic.example'];
    await system.owner.query('delete from salus.destinations');
    await unsend();
    mail.received.length = 0;
    const asked = mail.recipients.length;
    const tried = (contact: string) => mail.recipients.slice(asked).filter((to) => to === contact);
    for (const target of contacts) await contact(target);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      await sendAgain();
      await runSchedule();
      waits.push((await weekly())[0].send_after.getTime() - Date.now());
    }
    expect(tried('deferred@clinic.example')).toHaveLength(5);
    expect(mail.received.flatMap(({ to }) => to)).toEqual(['privacy@clinic.example']);
    expect(tried('refused@clinic.example')).toHaveLength(1);
    expect(waits[4]).toBeGreaterThan(3 * (waits[0] ?? Number.POSITIVE_INFINITY));
    expect((await weekly())[0].sent_at).toBeNull();
    const sent = (await trail(system, `type = 'report.send'`)).length;

    await system.owner.query(
      `update salus.reports set created_at = now() - interval '13 days 12 hours' where sent_at is null`,
    );
    await sendAgain();
    await runSchedule();
    expect((await trail(system, `type = 'report.send'`)).slice(sent)).toMatchObject([
      { outcome: 'success', details: { sent: 1, refused: 1, waiting: 1 } },
    ]);
    await system.owner.query(`update salus.reports set created_at = now() where trigger = 'weekly'`);
  });

  it('of each week is made, when the clock has stood still for some, and none before the first', async () => {
    await system.owner.query(
      `update salus.reports set period_from = period_from - interval '21 days', period_until = period_until - interval '21 days'
        where trigger = 'weekly'`,
    );
    await Promise.all([runSchedule(), runSchedule()]);
    const all = (await weekly()).toSorted((a, b) => a.period_from - b.period_from);
    expect(all).toHaveLength(4);
    expect(all[3].period_until.getTime()).toBeGreaterThan(Date.now() - 7 * DAY - 60 * 60_000);
    expect(all[2].period_until).toEqual(all[3].period_from);
    expect(all[1].period_until).toEqual(all[2].period_from);
    // The first was moved by days of UTC, which a change of the clock may have come between.
    expect(Math.abs(all[0].period_until - all[1].period_from)).toBeLessThanOrEqual(60 * 60_000);
    await system.owner.query(
      `delete from salus.reports where trigger = 'weekly' and organization_id = $1 and id <> $2`,
      [system.organizationId, all[3].id],
    );
  });

  it('waits for a server that is busy, and then goes', async () => {
    await unsend();
    await system.owner.query('delete from salus.destinations');
    mail.received.length = 0;
    const deferred = await contact('deferred@clinic.example');
    await runSchedule();
    expect((await weekly())[0].sent_at).toBeNull();
    expect((await weekly())[0].send_after.getTime()).toBeGreaterThan(Date.now() + 10 * 60_000);
    await system.owner.query('delete from salus.destinations where id = $1', [deferred]);
    await contact('privacy@clinic.example');
    await runSchedule();
    expect(mail.received).toHaveLength(0);
    await sendAgain();
    await runSchedule();
    expect(mail.received).toHaveLength(1);
    expect(system.printed.join('\n')).toContain('report_mail_deferred');
    expect(system.printed.join('\n')).not.toContain('deferred@');
  });
});
