// The trail as a SIEM gets it: all of it, in order, and nothing that is not its business. What a SIEM in trouble gets is in
// tests/faults/siem-trouble.test.ts.
import { randomBytes } from 'node:crypto';
import { removeDestination, replaceSecret } from '@salus/db/destinations';
import { verifySignature } from '@salus/outgoing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { eventsIn, SECRET, type SiemExport, startSiemExport } from '../harness/siem-export.ts';
import type { Received } from '../harness/siem-server.ts';
import { sweep, trail, untilLogged } from '../harness/trail.ts';

let of: SiemExport;
beforeAll(async () => {
  of = await startSiemExport();
});
afterAll(() => of.stop());
afterEach(() => of.clear());

describe('a SIEM', () => {
  it('gets every event of its organization in the order of the log, each once while all is well', async () => {
    const provider = await of.system.signedIn('provider');
    const foreigner = await of.system.signedIn('provider', { organizationId: of.system.otherOrganizationId });
    const planted = somebody();
    const { id } = await provider.client.patients.create(planted, { purpose: 'TREAT' });
    await foreigner.client.patients.create(somebody(), { purpose: 'TREAT' });
    for (let i = 0; i < 4; i++) await provider.client.patients.get({ id }, { purpose: 'TREAT' });
    await sweep(of.system);
    await untilLogged(of.system);
    const logged = await of.leaves(of.system.organizationId);
    expect(logged.length).toBeGreaterThan(6);
    await of.add(of.system.organizationId);
    for (let i = 0; i < 3; i++) await of.minute();

    // The sweep goes on meanwhile: what it brings to the log comes as well, after the rest.
    const all = of.sent();
    expect(all.slice(0, logged.length)).toEqual(logged);
    expect(all).toEqual((await of.leaves(of.system.organizationId)).slice(0, all.length));
    const text = of.siem.received.map(({ body }) => body.toString('utf8')).join('');
    const values = Object.values(planted).filter((value) => typeof value === 'string');
    values.push(planted.name.family, provider.account.email, '127.0.0.1');
    expect(values.filter((value) => text.includes(value))).toEqual([]);
    expect(text).not.toContain('changes');
  });

  it('can tell that it is we who speak, by either secret while one is replaced', async () => {
    const organization = await of.invented(3);
    const id = await of.add(organization);
    await of.minute();
    const [first] = of.siem.received;
    if (!first) throw new Error('nothing came');
    const verifies = (secret: string, { headers, body }: Received) => {
      const bytes = new Uint8Array(Buffer.from(secret, 'base64'));
      const of = new Headers(headers as Record<string, string>); // each of ours has one value
      return verifySignature(bytes, of, new Uint8Array(body), Date.now() / 1000);
    };
    expect(first.headers['content-type']).toBe('application/x-ndjson');
    expect(await verifies(SECRET, first)).toBe(true);
    expect(await verifies(randomBytes(32).toString('base64'), first)).toBe(false);

    const newer = randomBytes(32).toString('base64');
    for (const [secret, old, young] of [
      [newer, true, true],
      [null, false, true],
    ] as const) {
      await replaceSecret(of.system.owner, of.system.providers, { organizationId: organization, id, secret });
      await of.invent(organization, new Date().getUTCFullYear(), secret === null ? 4 : 3, 1);
      of.siem.received.length = 0;
      await of.minute();
      const [next] = of.siem.received;
      if (!next) throw new Error('nothing came');
      expect([await verifies(SECRET, next), await verifies(newer, next)]).toEqual([old, young]);
    }
  });

  it('with a token gets the token', async () => {
    await of.add(await of.invented(1), { authentication: 'bearer', secret: 'token-of-tests' });
    await of.minute();
    expect(of.siem.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-of-tests']);
    expect(of.siem.received[0]?.headers['webhook-signature']).toBeUndefined();
  });

  it('gets addresses only when it is configured for them', async () => {
    const { account } = await of.system.signedIn('nurse');
    await untilLogged(of.system);
    await of.add(of.system.organizationId, { withOrigin: true });
    await of.minute();
    const signIns = of.siem.received
      .flatMap(eventsIn)
      .filter((event) => JSON.stringify(event).includes(account.id));
    expect(signIns.length).toBeGreaterThan(0);
    expect(signIns[0]).toMatchObject({ src_endpoint: { ip: expect.stringMatching(/./) } });
  });

  it('as syslog gets frames, one for each event', async () => {
    await of.add(await of.invented(5), { kind: 'syslog' });
    await of.minute();
    const body = of.siem.received[0]?.body ?? Buffer.alloc(0);
    let frames = 0;
    for (let at = 0; at < body.length; frames++) {
      const space = body.indexOf(' ', at);
      const length = Number(body.subarray(at, space).toString('latin1'));
      const frame = body.subarray(space + 1, space + 1 + length).toString('utf8');
      expect(frame).toMatch(
        /^<110>1 \S+ salus\.test salus - patient\.read \[meta sequenceId="\d+"\]\[salus@32473 .*\] patient\.read success$/,
      );
      at = space + 1 + length;
    }
    expect(frames).toBe(5);
  });

  it('that is new gets what comes from now on, unless it is asked for the past too', async () => {
    const organization = await of.invented(3);
    await of.add(organization, { history: false });
    await of.minute();
    expect(of.sent()).toEqual([]);
    await of.invent(organization, new Date().getUTCFullYear(), 3, 2);
    await of.minute();
    expect(of.sent().map(({ index }) => index)).toEqual([3, 4]);
  });
});

describe('an event', () => {
  it('that was committed late is not passed over: before it comes nothing that stands after it', async () => {
    const year = new Date().getUTCFullYear();
    const organization = await of.invented(10);
    const late = await of.leaves(organization);
    const taken = late[4];
    if (!taken) throw new Error('ten were made');
    await of.system.owner.query('delete from salus.audit_leaves where event_id = $1', [taken.id]);
    await of.add(organization);
    await of.minute();
    expect(of.sent().map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    await of.system.owner.query(
      'insert into salus.audit_leaves (organization_id, year, index, event_id) values ($1, $2, 4, $3)',
      [organization, year, taken.id],
    );
    await of.minute();
    expect(of.sent()).toEqual(late);
  });

  it('of last year that is logged after this year has begun is exported too', async () => {
    const year = new Date().getUTCFullYear();
    const organization = await of.invented(2, year - 1);
    await of.invent(organization, year, 0, 2);
    await of.add(organization);
    await of.minute();
    await of.minute();
    expect(of.sent()).toEqual(await of.leaves(organization));
    await of.invent(organization, year - 1, 2, 1);
    await of.minute();
    expect(of.sent().at(-1)).toMatchObject({ log: `log/${organization}/${year - 1}`, index: 2 });
  });

  it('whose row somebody took away is told of as a finding, and not passed over in silence', async () => {
    const organization = await of.invented(3);
    const [, second] = await of.leaves(organization);
    await of.system.owner.query('delete from salus.audit_events where id = $1', [second?.id]);
    await of.add(organization);
    await of.minute();
    const told = of.siem.received.flatMap(eventsIn);
    expect(told.map(({ class_uid }) => class_uid)).toEqual([6003, 2004, 6003]);
    expect(told[1]).toMatchObject({
      severity_id: 5,
      finding_info: { uid: second?.id, title: 'audit_event.missing' },
    });
  });

  it('goes out once when two minutes overlap', async () => {
    const organization = await of.invented(900);
    await of.add(organization);
    await of.system.owner.query('update salus.destinations set next_attempt_at = now()');
    await Promise.all([
      of.minute({ patient: true }),
      of.minute({ patient: true }),
      of.minute({ patient: true }),
    ]);
    expect(of.sent()).toEqual(await of.leaves(organization));
  });
});

describe('AUD-16: what is exported, and where to', () => {
  it('is changed from the command line alone, and each change is in the trail', async () => {
    const organization = await of.invented(0);
    const id = await of.add(organization);
    await replaceSecret(of.system.owner, of.system.providers, {
      organizationId: organization,
      id,
      secret: SECRET,
    });
    await removeDestination(of.system.owner, organization, id);
    const changes = await trail(of.system, `organization_id = $1 and resource_id = $2`, [organization, id]);
    expect(changes.map(({ type, kind }) => [type, kind])).toEqual([
      ['destination.create', 'system_change'],
      ['destination.update', 'system_change'],
      ['destination.delete', 'system_change'],
    ]);
    await expect(removeDestination(of.system.owner, organization, id)).rejects.toMatchObject({
      code: 'destination_unknown',
    });
  });

  it('lies sealed in the database', async () => {
    const id = await of.add(await of.invented(0), { target: `${of.siem.url}?token=canary-of-the-token` });
    const stored = await of.state(id);
    const text = Object.values(stored)
      .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))
      .join('\n');
    expect(text).toContain(id);
    for (const secret of ['canary-of-the-token', SECRET, of.siem.url]) expect(text).not.toContain(secret);
  });
});
