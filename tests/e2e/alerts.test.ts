// Alerts: raised once while what they are about goes on, told by mail and webhook over TLS until somebody has taken it, and
// acknowledged by whoever answers for it. The rules are tried in tests/e2e/alert-rules.test.ts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDestination, replaceSecret } from '@salus/db/destinations';
import { createOrganization } from '@salus/db/provision';
import { verifySignature } from '@salus/outgoing';
import type { AlertId, DestinationId, OrganizationId } from '@salus/schema';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACTOR, alertMinute, alertsOf, invent } from '../harness/alerts.ts';
import { loopbackCertificate } from '../harness/certificate.ts';
import { MAIL_PASSWORD, MAIL_USER, type MailServer, startMailServer } from '../harness/mail-server.ts';
import { type Received, type SiemServer, startSiemServer } from '../harness/siem-server.ts';
import type { System } from '../harness/system.ts';

const SECRET = Buffer.alloc(32, 7).toString('base64');
const OFFICER = 'officer@clinic.example';

let system: System;
let mail: MailServer;
let webhook: SiemServer;
let directory: string;
let organization: OrganizationId;
beforeAll(async () => {
  const certificate = loopbackCertificate();
  // workerd trusts what Miniflare reads from here, when Miniflare is loaded.
  directory = mkdtempSync(join(tmpdir(), 'salus-certificate-'));
  writeFileSync(join(directory, 'ca.pem'), certificate.cert);
  process.env.NODE_EXTRA_CA_CERTS = join(directory, 'ca.pem');
  mail = await startMailServer(certificate);
  webhook = await startSiemServer(certificate);
  const { startSystem } = await import('../harness/system.ts');
  const credentials = `${encodeURIComponent(MAIL_USER)}:${encodeURIComponent(MAIL_PASSWORD)}`;
  system = await startSystem({
    bindings: { MAIL_URL: `smtp://${credentials}@localhost:${mail.port}`, MAIL_FROM: 'salus@clinic.example' },
  });
});
afterAll(async () => {
  await system.stop();
  await webhook.stop();
  await mail.close();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  organization = await createOrganization(system.owner, system.providers, { name: 'Invented Clinic' });
  webhook.received.length = 0;
  webhook.mood = 'well';
  mail.received.length = 0;
});

describe('an alert', () => {
  const acknowledged = () =>
    system.owner.query(
      `with somebody as (
         insert into salus.users (organization_id, id, role, email, email_index, display_name, password_hash, totp_secret,
                                  organization_key_version, email_index_version)
         values ($1, gen_random_uuid(), 'privacy_officer', '\\x01', sha256(uuid_send(gen_random_uuid())), '\\x01', '', '\\x01', 1, 1)
         returning id
       )
       update salus.alerts set acknowledged_at = now(), acknowledged_by = (select id from somebody)
        where organization_id = $1 and acknowledged_at is null`,
      [organization],
    );

  it('goes on while its rule does: it counts, and nobody is told again', async () => {
    await notify();
    await invent(system, organization, 20, { actor: ACTOR });
    await alertMinute(system);
    await alertMinute(system);
    await invent(system, organization, 5, { actor: ACTOR });
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toMatchObject([{ count: 25 }]);
    expect(webhook.received).toHaveLength(1);
  });

  it('is raised once when two minutes overlap', async () => {
    await invent(system, organization, 20, { actor: ACTOR });
    await alertMinute(system, 3);
    expect(await alertsOf(system, organization)).toHaveLength(1);
  });

  it('is not raised while another minute is at it, which may be about to raise the same', async () => {
    await invent(system, organization, 20, { actor: ACTOR });
    const name = [`alerts ${organization}`];
    await system.owner.query('select pg_advisory_lock(hashtextextended($1, 0))', name);
    const minute = alertMinute(system);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const meanwhile = await alertsOf(system, organization);
    await system.owner.query('select pg_advisory_unlock(hashtextextended($1, 0))', name);
    await minute;
    expect(meanwhile).toEqual([]);
    expect(await alertsOf(system, organization)).toHaveLength(1);
  });

  it('that was acknowledged is over, until there is something new', async () => {
    await invent(system, organization, 20, { actor: ACTOR });
    await alertMinute(system);
    await acknowledged();
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toHaveLength(1);
    await invent(system, organization, 1, { actor: ACTOR });
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toMatchObject([
      { count: 20 },
      { count: 21, acknowledged_at: null },
    ]);
  });

  it('that nobody acknowledges, and that goes on, is another one after an hour', async () => {
    const pass = (time: string) =>
      system.owner.query(
        'update salus.alerts set raised_at = raised_at - $2::interval where organization_id = $1',
        [organization, time],
      );
    await invent(system, organization, 20, { actor: ACTOR });
    await alertMinute(system);
    await pass('59 minutes');
    await invent(system, organization, 1, { actor: ACTOR });
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toMatchObject([{ count: 21 }]);
    await pass('2 minutes');
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toHaveLength(1);
    await invent(system, organization, 1, { actor: ACTOR });
    await alertMinute(system);
    expect(await alertsOf(system, organization)).toHaveLength(2);
  });
});

async function notify(kind: 'webhook' | 'mail' = 'webhook', target = webhook.url): Promise<DestinationId> {
  return addDestination(system.owner, system.providers, {
    organizationId: organization,
    kind,
    target,
    authentication: kind === 'mail' ? undefined : 'hmac',
    secret: kind === 'mail' ? undefined : SECRET,
    withOrigin: false,
    history: false,
  });
}

describe('whoever is to know', () => {
  const verifies = (secret: string, { headers, body }: Received, now = Date.now() / 1000) => {
    const of = new Headers(headers as Record<string, string>); // each of ours has one value
    return verifySignature(new Uint8Array(Buffer.from(secret, 'base64')), of, new Uint8Array(body), now);
  };

  it('is told by a signed webhook, over TLS, of a rule, a count and opaque ids', async () => {
    await notify();
    await invent(system, organization, 20, { actor: ACTOR });
    await alertMinute(system);
    const [alert] = await alertsOf(system, organization);
    const [request, ...more] = webhook.received;
    if (!request) throw new Error('nothing came');
    expect(more).toEqual([]);
    expect(JSON.parse(request.body.toString('utf8'))).toEqual({
      type: 'alert.raised',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      data: { id: alert?.id, organizationId: organization, rule: 'denials', subject: ACTOR, count: 20 },
    });
    expect(request.headers['webhook-id']).toBe(alert?.id);
    expect(await verifies(SECRET, request)).toBe(true);
    expect(await verifies(SECRET, request, Date.now() / 1000 + 301)).toBe(false);
  });

  it('API-22: can check with either secret while one is replaced', async () => {
    const id = await notify();
    const newer = Buffer.alloc(32, 8).toString('base64');
    await replaceSecret(system.owner, system.providers, { organizationId: organization, id, secret: newer });
    await invent(system, organization, 20, { actor: ACTOR });
    await alertMinute(system);
    const [request] = webhook.received;
    if (!request) throw new Error('nothing came');
    expect([await verifies(SECRET, request), await verifies(newer, request)]).toEqual([true, true]);
  });

  it('is told by mail, under TLS, and of no more', async () => {
    await notify('mail', OFFICER);
    await invent(system, organization, 20, { actor: ACTOR });
    await alertMinute(system);
    const [alert] = await alertsOf(system, organization);
    const [message, ...more] = mail.received;
    if (!message) throw new Error('nothing came');
    expect(more).toEqual([]);
    expect(message).toMatchObject({
      to: [OFFICER],
      from: 'salus@clinic.example',
      user: MAIL_USER,
      secure: true,
    });
    const [, body = ''] = message.source.split('\r\n\r\n');
    const text = Buffer.from(body, 'base64').toString('utf8');
    for (const told of [alert?.id, organization, ACTOR, 'denials', '20']) expect(text).toContain(told);
    expect(message.source).toContain('Subject: Salus alert: many refusals of one caller');
  });

  it('who is not there is told later, by the same name, and nobody else twice', async () => {
    await notify();
    await notify('mail', OFFICER);
    webhook.mood = 'failing';
    await invent(system, organization, 20, { actor: ACTOR });
    for (let attempt = 0; attempt < 3; attempt++) await alertMinute(system);
    expect(webhook.received).toHaveLength(3);
    expect(mail.received).toHaveLength(1);
    webhook.mood = 'well';
    await alertMinute(system);
    await alertMinute(system);
    expect(webhook.received).toHaveLength(4);
    expect(new Set(webhook.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(mail.received).toHaveLength(1);
    expect(system.printed.join('\n')).toContain('alert_failed');
    expect(system.printed.join('\n')).not.toMatch(/canary|officer@/);
  });
});

describe('a message that nobody will ever take', () => {
  const undelivered = async () => {
    const { rows } = await system.owner.query(
      `select * from salus.audit_events where type = 'alert.undelivered' and organization_id = $1`,
      [organization],
    );
    return rows;
  };

  it('is not sent again when the mail server has refused it for good, and is told of', async () => {
    const refused = await notify('mail', 'refused@clinic.example');
    await notify('mail', OFFICER);
    await invent(system, organization, 20, { actor: ACTOR });
    const tried = mail.recipients.length;
    for (let minute = 0; minute < 3; minute++) await alertMinute(system);
    expect(mail.recipients.slice(tried).toSorted()).toEqual([OFFICER, 'refused@clinic.example']);
    const [alert] = await alertsOf(system, organization);
    expect(await undelivered()).toMatchObject([
      {
        kind: 'security',
        outcome: 'failed',
        actor_role: 'job.alert',
        resource_id: alert?.id,
        details: { rule: 'denials', reason: 'mail_refused', destinationId: refused },
      },
    ]);
    expect(system.printed.join('\n')).toContain('alert_mail_refused');
    expect(system.printed.join('\n')).not.toContain('refused@');
  });

  it('is sent again when the server has only asked for patience, and given up in the end', async () => {
    await notify('mail', 'deferred@clinic.example');
    await invent(system, organization, 20, { actor: ACTOR });
    for (let minute = 0; minute < 3; minute++) await alertMinute(system);
    expect(mail.recipients.filter((to) => to === 'deferred@clinic.example')).toHaveLength(3);
    expect(await undelivered()).toEqual([]);
    await system.owner.query('update salus.alert_deliveries set attempts = 39 where organization_id = $1', [
      organization,
    ]);
    for (let minute = 0; minute < 2; minute++) await alertMinute(system);
    expect(mail.recipients.filter((to) => to === 'deferred@clinic.example')).toHaveLength(4);
    expect(await undelivered()).toMatchObject([{ details: { reason: 'mail_deferred' } }]);
  });
});

describe('alerts in the API', () => {
  const HOPERAT = { purpose: 'HOPERAT' } as const;

  it('are seen and acknowledged by whoever answers for them, once, and in their own name', async () => {
    await invent(system, organization, 20, { actor: ACTOR });
    await alertMinute(system);
    const officer = await system.signedIn('privacy_officer', { organizationId: organization });
    const { items } = await officer.client.alerts.list({}, HOPERAT);
    expect(items).toMatchObject([{ rule: 'denials', subject: ACTOR, count: 20 }]);
    expect(items[0]).not.toHaveProperty('acknowledgedAt');
    const id = items[0]?.id as AlertId;
    expect(await officer.client.alerts.acknowledge({ id }, HOPERAT)).toEqual({ id });
    const admin = await system.signedIn('admin', { organizationId: organization });
    await expect(admin.client.alerts.acknowledge({ id }, HOPERAT)).rejects.toMatchObject({
      code: 'not_found',
    });
    const after = await admin.client.alerts.list({}, HOPERAT);
    expect(after.items).toMatchObject([{ id, acknowledgedBy: officer.account.id }]);
  });

  it('of another organization are not there', async () => {
    await invent(system, organization, 20, { actor: ACTOR });
    await alertMinute(system);
    const [alert] = await alertsOf(system, organization);
    const stranger = await system.signedIn('privacy_officer');
    const { items } = await stranger.client.alerts.list({ limit: 100 }, HOPERAT);
    expect(items.map(({ id }) => id)).not.toContain(alert?.id);
    await expect(
      stranger.client.alerts.acknowledge({ id: alert?.id as AlertId }, HOPERAT),
    ).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await alertsOf(system, organization)).toMatchObject([{ acknowledged_at: null }]);
  });
});
