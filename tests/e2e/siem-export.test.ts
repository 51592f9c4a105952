// The trail as a SIEM gets it: all of it, in order, at least once, whatever the SIEM does, and nothing that is not its business.
import { randomBytes } from 'node:crypto';
import {
  addDestination,
  type NewDestination,
  removeDestination,
  replaceSecret,
} from '@salus/db/destinations';
import { createOrganization } from '@salus/db/provision';
import { verifySignature } from '@salus/outgoing';
import type { DestinationId, OrganizationId } from '@salus/schema';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type Received, type SiemServer, startSiemServer } from '../harness/siem-server.ts';
import { type System, startSystem } from '../harness/system.ts';
import { sweep, trail, untilLogged } from '../harness/trail.ts';

let system: System;
let siem: SiemServer;
beforeAll(async () => {
  system = await startSystem();
  siem = await startSiemServer();
});
afterAll(async () => {
  await siem.stop();
  await system.stop();
});

const SECRET = randomBytes(32).toString('base64');
let destinations: [OrganizationId, DestinationId][] = [];

async function add(
  organizationId: OrganizationId,
  more: Partial<NewDestination> = {},
): Promise<DestinationId> {
  const id = await addDestination(system.owner, system.providers, {
    organizationId,
    kind: 'ocsf',
    target: siem.url,
    authentication: 'hmac',
    secret: SECRET,
    withOrigin: false,
    history: true,
    ...more,
  });
  destinations.push([organizationId, id]);
  return id;
}

beforeEach(() => {
  siem.received.length = 0;
  siem.next.length = 0;
  siem.mood = 'well';
});
afterEach(async () => {
  for (const [organization, id] of destinations) await removeDestination(system.owner, organization, id);
  destinations = [];
});

/** A minute of the Worker's clock, in which every SIEM has its turn, however long it was put off. */
async function minute({ patient = false } = {}): Promise<void> {
  if (!patient) await system.owner.query('update salus.destinations set next_attempt_at = now()');
  const worker = await system.worker.getWorker();
  await worker.scheduled({ cron: '* * * * *' });
}

interface Sent {
  readonly id: string;
  readonly log: string;
  readonly index: number;
}

/** The events of a request, one JSON text a line. */
const events = ({ body }: Received): Record<string, unknown>[] =>
  body
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const sent = (list: readonly Received[] = siem.received): Sent[] =>
  list.flatMap(events).map((event) => {
    const { uid, log_name, sequence } = event.metadata as { uid: string; log_name: string; sequence: number };
    return { id: uid, log: log_name, index: sequence };
  });

/** In the order in which they came first. */
const once = (list: readonly Sent[]): Sent[] => [...new Map(list.map((one) => [one.id, one])).values()];

async function leaves(organization: string): Promise<Sent[]> {
  const { rows } = await system.owner.query(
    `select event_id as id, 'log/' || organization_id || '/' || year as log, index::int
       from salus.audit_leaves where organization_id = $1 order by year, index`,
    [organization],
  );
  return rows;
}

/** An organization of which the trail is invented: `count` events in the log of a year. */
async function invented(count: number, year = new Date().getUTCFullYear()): Promise<OrganizationId> {
  const organization = await createOrganization(system.owner, system.providers, { name: 'Invented Clinic' });
  await system.owner.query('delete from salus.audit_events where organization_id = $1', [organization]);
  await invent(organization, year, 0, count);
  return organization;
}

async function invent(organization: string, year: number, from: number, count: number): Promise<void> {
  await system.owner.query(
    `with events as (
       insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, request_id)
       select $1, make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC') + make_interval(secs => n), 'phi_access', 'patient.read',
              'success', gen_random_uuid()
         from generate_series($3::int, $3::int + $4::int - 1) n
       returning id, recorded_at
     )
     insert into salus.audit_leaves (organization_id, year, index, event_id)
     select $1, $2, $3 + row_number() over (order by recorded_at) - 1, id from events`,
    [organization, year, from, count],
  );
}

async function state(id: DestinationId) {
  const { rows } = await system.owner.query('select * from salus.destinations where id = $1', [id]);
  return rows[0];
}

describe('a SIEM', () => {
  it('gets every event of its organization in the order of the log, each once while all is well', async () => {
    const provider = await system.signedIn('provider');
    const foreigner = await system.signedIn('provider', { organizationId: system.otherOrganizationId });
    const planted = somebody();
    const { id } = await provider.client.patients.create(planted, { purpose: 'TREAT' });
    await foreigner.client.patients.create(somebody(), { purpose: 'TREAT' });
    for (let i = 0; i < 4; i++) await provider.client.patients.get({ id }, { purpose: 'TREAT' });
    await sweep(system);
    await untilLogged(system);
    await add(system.organizationId);
    await minute();

    const logged = await leaves(system.organizationId);
    expect(logged.length).toBeGreaterThan(6);
    expect(sent()).toEqual(logged);
    const text = siem.received.map(({ body }) => body.toString('utf8')).join('');
    const values = [...Object.values(planted).flatMap((value) => (typeof value === 'string' ? [value] : []))];
    values.push(planted.name.family, provider.account.email, '127.0.0.1');
    expect(values.filter((value) => text.includes(value))).toEqual([]);
    expect(text).not.toContain('changes');

    siem.received.length = 0;
    await minute();
    expect(sent()).toEqual(await nothingNewBut(logged));
  });

  /** What has been logged since: signing in goes on. */
  async function nothingNewBut(before: readonly Sent[]): Promise<Sent[]> {
    return (await leaves(system.organizationId)).slice(before.length);
  }

  it('can tell that it is we who speak, by either secret while one is replaced', async () => {
    const organization = await invented(3);
    const id = await add(organization);
    await minute();
    const [first] = siem.received;
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
      await replaceSecret(system.owner, system.providers, { organizationId: organization, id, secret });
      await invent(organization, new Date().getUTCFullYear(), secret === null ? 4 : 3, 1);
      siem.received.length = 0;
      await minute();
      const [next] = siem.received;
      if (!next) throw new Error('nothing came');
      expect([await verifies(SECRET, next), await verifies(newer, next)]).toEqual([old, young]);
    }
  });

  it('with a token gets the token', async () => {
    await add(await invented(1), { authentication: 'bearer', secret: 'token-of-tests' });
    await minute();
    expect(siem.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-of-tests']);
    expect(siem.received[0]?.headers['webhook-signature']).toBeUndefined();
  });

  it('gets addresses only when it is configured for them', async () => {
    const { account } = await system.signedIn('nurse');
    await untilLogged(system);
    await add(system.organizationId, { withOrigin: true });
    await minute();
    const signIns = siem.received
      .flatMap(events)
      .filter((event) => JSON.stringify(event).includes(account.id));
    expect(signIns.length).toBeGreaterThan(0);
    expect(signIns[0]).toMatchObject({ src_endpoint: { ip: expect.stringMatching(/./) } });
  });

  it('as syslog gets frames, one for each event', async () => {
    await add(await invented(5), { kind: 'syslog' });
    await minute();
    const body = siem.received[0]?.body ?? Buffer.alloc(0);
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
    const organization = await invented(3);
    await add(organization, { history: false });
    await minute();
    expect(sent()).toEqual([]);
    await invent(organization, new Date().getUTCFullYear(), 3, 2);
    await minute();
    expect(sent().map(({ index }) => index)).toEqual([3, 4]);
  });
});

describe('AUD-17: a SIEM that is in trouble', () => {
  it('for a day loses nothing: what waits lies in the database, and comes in order, so much a minute', async () => {
    const organization = await invented(2_700);
    const id = await add(organization);
    siem.mood = 'failing';
    for (let attempt = 0; attempt < 6; attempt++) await minute();
    // One request each time, with one and the same batch: it is not flooded.
    expect(siem.received).toHaveLength(6);
    expect(new Set(siem.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const troubled = await state(id);
    expect(troubled).toMatchObject({ failures: 6, delivered_at: null });
    expect(troubled.failing_since).toBeInstanceOf(Date);

    siem.mood = 'well';
    siem.received.length = 0;
    await minute();
    expect(siem.received.map((request) => events(request).length)).toEqual(Array(10).fill(200));
    await minute();
    expect(sent()).toEqual(await leaves(organization));
    expect(await state(id)).toMatchObject({ failures: 0, failing_since: null });
  });

  it('is left alone for longer each time', async () => {
    const id = await add(await invented(1));
    siem.mood = 'failing';
    const waits: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      await minute();
      const { rows } = await system.owner.query(
        'select extract(epoch from next_attempt_at - now())::float as seconds from salus.destinations where id = $1',
        [id],
      );
      waits.push(rows[0].seconds);
    }
    waits.forEach((seconds, failures) => {
      expect(seconds).toBeGreaterThan(30 * 2 ** failures * 0.5 - 10);
      expect(seconds).toBeLessThanOrEqual(30 * 2 ** failures);
    });
    siem.received.length = 0;
    await minute({ patient: true });
    expect(siem.received).toEqual([]);
  });

  it('that takes a batch but not in our sight gets it again, by the same name, and in order', async () => {
    const organization = await invented(450);
    await add(organization);
    siem.next.push('well', 'lost');
    await minute();
    await minute();
    const all = sent();
    expect(all.length).toBeGreaterThan(450);
    expect(once(all)).toEqual(await leaves(organization));
    const names = siem.received.map(({ headers }) => headers['webhook-id']);
    expect(names[1]).toBe(names[2]);
  });

  it.each(['refusing', 'redirecting', 'page', 'garbage', 'flood', 'lost'] as const)(
    'API-23: %s, is not believed, not followed, not read and not quoted',
    async (mood) => {
      const organization = await invented(2);
      const id = await add(organization);
      siem.mood = mood;
      await minute();
      expect(await state(id)).toMatchObject({ failures: 1 });
      expect(siem.received.map(({ path }) => path)).toEqual(['/collect']);
      expect(system.printed.join('\n')).not.toMatch(/canary|collect/);
      siem.mood = 'well';
      await minute();
      expect(once(sent())).toEqual(await leaves(organization));
    },
  );

  it('keeps no other back, of the same organization or of another', async () => {
    const [one, other] = [await invented(2), await invented(2)];
    await add(one, { target: 'http://127.0.0.1:1/' });
    await add(one);
    await add(other, { target: 'https://169.254.169.254/latest/' });
    await add(other);
    await minute();
    const logs = [...(await leaves(one)), ...(await leaves(other))];
    expect(
      sent()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(logs.map(({ id }) => id).toSorted());
    expect(system.printed.join('\n')).toContain('siem_host_not_public');
  });
});

describe('an event', () => {
  it('that was committed late is not passed over: before it comes nothing that stands after it', async () => {
    const year = new Date().getUTCFullYear();
    const organization = await invented(10);
    const late = await leaves(organization);
    const taken = late[4];
    if (!taken) throw new Error('ten were made');
    await system.owner.query('delete from salus.audit_leaves where event_id = $1', [taken.id]);
    await add(organization);
    await minute();
    expect(sent().map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    await system.owner.query(
      'insert into salus.audit_leaves (organization_id, year, index, event_id) values ($1, $2, 4, $3)',
      [organization, year, taken.id],
    );
    await minute();
    expect(sent()).toEqual(late);
  });

  it('of last year that is logged after this year has begun is exported too', async () => {
    const year = new Date().getUTCFullYear();
    const organization = await invented(2, year - 1);
    await invent(organization, year, 0, 2);
    await add(organization);
    await minute();
    await minute();
    expect(sent()).toEqual(await leaves(organization));
    await invent(organization, year - 1, 2, 1);
    await minute();
    expect(sent().at(-1)).toMatchObject({ log: `log/${organization}/${year - 1}`, index: 2 });
  });

  it('whose row somebody took away is told of as a finding, and not passed over in silence', async () => {
    const organization = await invented(3);
    const [, second] = await leaves(organization);
    await system.owner.query('delete from salus.audit_events where id = $1', [second?.id]);
    await add(organization);
    await minute();
    const told = siem.received.flatMap(events);
    expect(told.map(({ class_uid }) => class_uid)).toEqual([6003, 2004, 6003]);
    expect(told[1]).toMatchObject({
      severity_id: 5,
      finding_info: { uid: second?.id, title: 'audit_event.missing' },
    });
  });

  it('goes out once when two minutes overlap', async () => {
    const organization = await invented(900);
    await add(organization);
    await system.owner.query('update salus.destinations set next_attempt_at = now()');
    await Promise.all([minute({ patient: true }), minute({ patient: true }), minute({ patient: true })]);
    expect(sent()).toEqual(await leaves(organization));
  });
});

describe('AUD-16: what is exported, and where to', () => {
  it('is changed from the command line alone, and each change is in the trail', async () => {
    const organization = await invented(0);
    const id = await add(organization);
    await replaceSecret(system.owner, system.providers, { organizationId: organization, id, secret: SECRET });
    await removeDestination(system.owner, organization, id);
    destinations = [];
    const changes = await trail(system, `organization_id = $1 and resource_id = $2`, [organization, id]);
    expect(changes.map(({ type, kind }) => [type, kind])).toEqual([
      ['destination.create', 'system_change'],
      ['destination.update', 'system_change'],
      ['destination.delete', 'system_change'],
    ]);
    await expect(removeDestination(system.owner, organization, id)).rejects.toMatchObject({
      code: 'destination_unknown',
    });
  });

  it('lies sealed in the database', async () => {
    const id = await add(await invented(0), { target: `${siem.url}?token=canary-of-the-token` });
    const { target, secret } = await state(id);
    for (const text of ['canary-of-the-token', SECRET, siem.url]) {
      expect(Buffer.concat([target, secret]).includes(Buffer.from(text))).toBe(false);
    }
  });
});
