// Reports of the trail: what they count is what the table has, whatever is written meanwhile; they are sealed where they lie,
// and say which state of the log they were made from. The weekly one: weekly-report.test.ts.
import { verifierKeyOf } from '@salus/audit/log';
import { type PatientId, patientId } from '@salus/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sinceYesterday } from '../harness/calls.ts';
import { somebody } from '../harness/patients.ts';
import { LOG_ORIGIN, LOG_SEED, type SignedIn, type System, startSystem } from '../harness/system.ts';
import { sweep, trail, untilLogged } from '../harness/trail.ts';

const TREAT = { purpose: 'TREAT' } as const;
const HOPERAT = { purpose: 'HOPERAT' } as const;
const DAY = 24 * 60 * 60_000;

let system: System;
let officer: SignedIn;
let provider: SignedIn;
let id: PatientId;
beforeAll(async () => {
  system = await startSystem();
  officer = await system.signedIn('privacy_officer');
  provider = await system.signedIn('provider');
  id = patientId.parse((await provider.client.patients.create(somebody(), TREAT)).id);
  await provider.client.patients.get({ id }, TREAT);
});
afterAll(() => system.stop());

interface Content {
  readonly events: number;
  readonly checkpoint: string | null;
  readonly earlierCheckpoints: string[];
  readonly timeZone: string;
  readonly sections: { readonly name: string; readonly note: string; readonly rows: (string | number)[][] }[];
}

async function contentOf(reportId: string, who: SignedIn = officer): Promise<Content> {
  const { content } = await who.client.reports.get({ id: reportId as never, format: 'json' }, HOPERAT);
  return JSON.parse(content);
}

const rowsOf = (content: Content, name: string) =>
  content.sections.find((section) => section.name === name)?.rows ?? [];

/** How many events of the organization lie in a period, by the table. */
async function counted(from: string, until: string, where = 'true'): Promise<number> {
  const { rows } = await system.owner.query(
    `select count(*)::int as n from salus.audit_events
      where organization_id = $1 and recorded_at >= $2 and recorded_at < $3 and ${where}`,
    [system.organizationId, from, until],
  );
  return rows[0].n;
}

describe('AUD-14: a report', () => {
  it('counts every event of its period once: over many pages, at one and the same time, and while others are written', async () => {
    const from = new Date(Date.now() - 30 * DAY).toISOString();
    const until = new Date(Date.now() - 10 * DAY).toISOString();
    const seed = (at: string, n: number) =>
      system.owner.query(
        `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, actor_id, actor_role, patient_id,
                                         resource, purpose, request_id)
         select $1, $2, 'phi_access', 'patient.read', case when n % 7 = 0 then 'denied' else 'success' end, $3, 'provider', $4,
                'patient', 'TREAT', gen_random_uuid() from generate_series(1, $5::integer) n`,
        [system.organizationId, at, provider.account.id, id, n],
      );
    await seed(from, 3);
    await seed(new Date(Date.now() - 20 * DAY).toISOString(), 12_000);
    await seed(new Date(Date.parse(until) - 1).toISOString(), 4);
    await seed(until, 5);
    const other = new Date(Date.parse(from) - 1).toISOString();
    await seed(other, 6);

    let done = false;
    const writing = (async () => {
      while (!done) await provider.client.patients.get({ id }, TREAT);
    })();
    const made = await officer.client.reports.create({ from, until }, HOPERAT);
    done = true;
    await writing;
    expect(made.events).toBe(12_007);
    expect(made.events).toBe(await counted(from, until));
    const content = await contentOf(made.id);
    expect(rowsOf(content, 'summary').at(-1)).toEqual(['all', 'all', 'all', 12_007]);
    const refused = await counted(from, until, `outcome <> 'success'`);
    expect(rowsOf(content, 'by_user')).toEqual([[provider.account.id, 'provider', 12_007, 1, refused]]);
    expect(rowsOf(content, 'by_patient')).toEqual([[id, 12_007, 1, 0]]);
    expect(rowsOf(content, 'failures')).toEqual([['patient.read', 'denied', '', refused, 0]]);
    // They were never on their way to the log, and would be waited for.
    await system.owner.query(`delete from salus.audit_events where recorded_at < now() - interval '9 days'`);
  });

  it('is an event that says of which period and which state of the log it was made', async () => {
    await untilLogged(system);
    const period = sinceYesterday();
    const made = await officer.client.reports.create(period, HOPERAT);
    const { checkpoint } = await contentOf(made.id);
    const [origin, size, root] = checkpoint?.split('\n') ?? [];
    expect(origin).toBe(`${LOG_ORIGIN}/log/${system.organizationId}/${new Date().getUTCFullYear()}`);
    expect(checkpoint).toContain(`— ${origin} `);
    expect(await verifierKeyOf(origin ?? '', LOG_SEED)).toContain(origin);
    expect([made.checkpointSize, made.checkpointRoot]).toEqual([Number(size), root]);
    const [event] = (await trail(system, `type = 'report.create'`)).slice(-1);
    expect(event).toMatchObject({
      outcome: 'success',
      actor_id: officer.account.id,
      details: { ...period, events: made.events, checkpoint: { size: Number(size), root } },
    });
  });

  it('of a year that is over, or of the turn of one, carries the checkpoints of the logs that its events are in', async () => {
    const year = new Date().getUTCFullYear();
    const lastYear = `log/${system.organizationId}/${year - 1}`;
    await system.owner.query(
      `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, actor_role, request_id)
       values ($1, make_timestamptz($2, 12, 30, 12, 0, 0, 'UTC'), 'system_change', 'user.create', 'success', 'admin', gen_random_uuid())`,
      [system.organizationId, year - 1],
    );
    await sweep(system);
    const until = Date.now() + 40_000;
    while ((await fetch(new URL(`/${lastYear}/checkpoint`, system.url))).status === 404 && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 200));
    const made = async (from: string, to: string) =>
      contentOf((await officer.client.reports.create({ from, until: to }, HOPERAT)).id);
    const [december, newYear] = [`${year - 1}-12-01T00:00:00Z`, `${year}-01-01T00:00:00Z`];
    const over = await made(december, newYear);
    expect(over.events).toBe(1);
    expect(over.checkpoint).toMatch(new RegExp(`^${LOG_ORIGIN}/${lastYear}\n1\n`));
    expect(over.earlierCheckpoints).toEqual([]);
    const turn = await made(december, `${year}-01-02T00:00:00Z`);
    expect(turn.checkpoint).toMatch(new RegExp(`^${LOG_ORIGIN}/log/${system.organizationId}/${year}\n`));
    expect(turn.earlierCheckpoints).toEqual([over.checkpoint]);
    const before = await made(`${year - 2}-05-01T00:00:00Z`, `${year - 2}-06-01T00:00:00Z`);
    expect(before).toMatchObject({ events: 0, checkpoint: null });
  });

  it('reading one, and the list of them, is an event too', async () => {
    const { items } = await officer.client.reports.list({}, HOPERAT);
    expect(items.length).toBeGreaterThan(1);
    await contentOf(items[0]?.id ?? '');
    const events = await trail(system, `type in ('report.list', 'report.read')`);
    expect(events.slice(-2)).toMatchObject([
      { type: 'report.list', details: { count: items.length } },
      { type: 'report.read', outcome: 'success' },
    ]);
  });

  it('is to be had as JSON, as CSV of each table, and as PDF', async () => {
    const [made] = (await officer.client.reports.list({}, HOPERAT)).items;
    if (!made) throw new Error('reports were made');
    const get = (file: object) => officer.client.reports.get({ id: made.id, ...file } as never, HOPERAT);
    const csv = await get({ format: 'csv', section: 'by_user' });
    expect(csv.mediaType).toContain('text/csv');
    expect(csv.content.split('\r\n')[0]).toBe('user,role,events,patients,not done');
    const pdf = await get({ format: 'pdf' });
    expect(atob(pdf.content).startsWith('%PDF-1.7\n')).toBe(true);
    await expect(get({ format: 'csv', section: 'nothing' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lies sealed in a bucket that no route serves, and is another organization’s to nobody', async () => {
    const [made] = (await officer.client.reports.list({}, HOPERAT)).items;
    const bucket = await system.worker.getR2Bucket('REPORTS');
    const name = `reports/${system.organizationId}/${made?.id}`;
    const object = await bucket.get(name);
    const bytes = new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0));
    expect(bytes.length).toBeGreaterThan(500);
    expect(new TextDecoder('latin1').decode(bytes)).not.toMatch(/summary|patient/);
    expect((await fetch(new URL(`/${name}`, system.url))).status).toBe(404);
    const foreigner = await system.signedIn('privacy_officer', {
      organizationId: system.otherOrganizationId,
    });
    await expect(contentOf(made?.id ?? '', foreigner)).rejects.toMatchObject({ code: 'not_found' });
    expect((await foreigner.client.reports.list({}, HOPERAT)).items).toEqual([]);
  });

  it.each([
    ['of a time to come', 0, -1],
    ['of more than a year', 400, 1],
    ['that ends before it begins', 1, 2],
  ])('%s is refused', async (_, from, until) => {
    const at = (days: number) => new Date(Date.now() - days * DAY).toISOString();
    await expect(
      officer.client.reports.create({ from: at(from), until: at(until) }, HOPERAT),
    ).rejects.toMatchObject({ code: 'input_invalid' });
  });
});

describe('own records and same family names', () => {
  it('are found without a name leaving the comparison', async () => {
    const { rows } = await system.owner.query('select count(*)::int as n from salus.users');
    expect(rows[0].n).toBeGreaterThan(1);
    const nurse = await system.signedIn('nurse');
    const called = `Somebody ${/\d+/.exec(nurse.account.email)?.[0]}`;
    const relative = somebody({ name: { family: called, given: ['Eva'] } });
    const own = somebody({ email: nurse.account.email });
    const stranger = somebody();
    const ids: string[] = [];
    for (const record of [relative, own, stranger]) {
      const made = patientId.parse((await provider.client.patients.create(record, TREAT)).id);
      await provider.client.careTeam.assign({ patientId: made, userId: nurse.account.id }, TREAT);
      await nurse.client.patients.get({ id: made }, TREAT);
      ids.push(made);
    }
    const made = await officer.client.reports.create(sinceYesterday(), HOPERAT);
    const content = await contentOf(made.id);
    const kin = rowsOf(content, 'kinship').filter(([user]) => user === nurse.account.id);
    expect(kin.toSorted()).toEqual(
      [
        [nurse.account.id, ids[0], 'same family name', 1],
        [nurse.account.id, ids[1], 'own record', 1],
      ].toSorted(),
    );
    expect(JSON.stringify(content)).not.toContain(called);
  });
});
