// `salus audit verify`, as an auditor runs it: on the log where the Worker serves it, on a copy of its files, and against the
// database. Whoever holds the files, the database or the log's own key, and changes something, is found.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NoteSigner, noteSigner } from '@salus/audit/log';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCutting } from '../harness/cutting-proxy.ts';
import { copyLog, publishLog } from '../harness/log-directory.ts';
import { salus } from '../harness/salus.ts';
import { LOG_ORIGIN, LOG_SEED, type System, startSystem } from '../harness/system.ts';
import { sweep, untilLogged } from '../harness/trail.ts';

const YEAR = new Date().getUTCFullYear();
/** More than a tile, and then some. */
const EVENTS = 300;

let system: System;
let origin: string;
let signer: NoteSigner;
let key: string;
let live: string;
let scratch: string;
/** A copy of the files, whole. */
let whole: string;
/** The same, to do with it as an attacker would. */
let copy: string;
let entries: readonly Uint8Array[];
let size: number;

beforeAll(async () => {
  system = await startSystem();
  origin = `${LOG_ORIGIN}/log/${system.organizationId}/${YEAR}`;
  signer = await noteSigner(origin, LOG_SEED);
  key = signer.verifierKey;
  live = `${system.url}/log/${system.organizationId}/${YEAR}`;
  const large = JSON.stringify({ name: { old: null, new: 'x'.repeat(150_000) } });
  await system.owner.query(
    `insert into salus.audit_events (organization_id, kind, type, outcome, request_id, patient_id, changes)
     select $1, 'phi_modification', 'patient.update', 'success', gen_random_uuid(), gen_random_uuid(),
            case when n = 7 then $2::jsonb else jsonb_build_object('name', jsonb_build_object('old', null, 'new', n)) end
       from generate_series(1, $3) n`,
    [system.organizationId, large, EVENTS],
  );
  await sweep(system);
  await untilLogged(system);
  scratch = await mkdtemp(join(tmpdir(), 'salus-copy-'));
  whole = join(scratch, 'whole');
  entries = await copyLog({ url: live, verifierKey: key, directory: whole });
  size = entries.length;
}, 60_000);
afterAll(async () => {
  await system?.stop();
  await rm(scratch, { recursive: true, force: true });
});
beforeEach(async () => {
  copy = join(scratch, 'copy');
  await cp(whole, copy, { recursive: true });
});
afterEach(() => rm(copy, { recursive: true }));

async function verify(log: string, ...more: string[]) {
  const ran = await salus(['audit', 'verify', log, '--key', key, '--json', ...more], {
    DATABASE_URL: more.includes('--against-db') ? system.ownerUrl : '',
  });
  return { code: ran.exitCode, ...(ran.stdout ? JSON.parse(ran.stdout) : { stderr: ran.stderr }) };
}

const at = (list: readonly Uint8Array[], index: number): Uint8Array => list[index] ?? new Uint8Array();

const eventIn = (index: number): { id: string; changes: Record<string, unknown> | null } =>
  JSON.parse(new TextDecoder().decode(entries[index]));

/** Where the event with the large changes stands. */
const largeIndex = () => entries.findIndex((_, index) => eventIn(index).changes?.sha256 !== undefined);

const BUNDLE = 'tile/entries/000';

async function alterBundle(change: (list: Uint8Array[]) => (Uint8Array | undefined)[]): Promise<void> {
  const list = change(entries.slice(0, 256)).map((entry) => Buffer.from(entry ?? []));
  const parts = list.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry]);
  await writeFile(join(copy, BUNDLE), Buffer.concat(parts));
}

describe('a log that nobody touched', () => {
  it('verifies where it is served, and every row is a leaf and every leaf a row', async () => {
    expect(size).toBeGreaterThan(EVENTS);
    expect(await verify(live)).toMatchObject({ code: 0, ok: true, origin, size });
    expect(await verify(live, '--against-db')).toMatchObject({
      code: 0,
      ok: true,
      database: { rows: size, later: 0 },
    });
  });

  it('verifies from a copy of its files, with nothing else', async () => {
    expect(await verify(copy)).toMatchObject({ code: 0, ok: true, origin, size });
    expect(await verify(copy, '--against-db')).toMatchObject({ code: 0, database: { rows: size } });
    expect(await verify(copy, '--earlier', join(whole, 'checkpoint'))).toMatchObject({ code: 0 });
  });

  it('is told in words, too', async () => {
    const { exitCode, stdout, stderr } = await salus(['audit', 'verify', copy, '--key', key]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`${size} entries`);
  });
});

describe('with the files in hand', () => {
  it('a changed byte of an entry shows, and which entry', async () => {
    await alterBundle((list) => {
      const [first] = list.slice(41, 42).map((entry) => entry.slice());
      if (first) first[20] = (first[20] ?? 0) ^ 1;
      return list.with(41, first ?? new Uint8Array());
    });
    expect(await verify(copy)).toMatchObject({ code: 1, ok: false, fault: 'tile_mismatch', index: 41 });
  });

  it('a removed entry shows, and which', async () => {
    await alterBundle((list) => list.toSpliced(41, 1));
    expect(await verify(copy)).toMatchObject({ code: 1, fault: 'bundle_malformed', index: 41 });
  });

  it('swapped entries show, and from where on', async () => {
    await alterBundle((list) => list.with(41, at(list, 99)).with(99, at(list, 41)));
    expect(await verify(copy)).toMatchObject({ code: 1, fault: 'tile_mismatch', index: 41 });
  });

  it('entries, tiles and all made anew show by the signature', async () => {
    const earlier = await readFile(join(copy, 'checkpoint'));
    await rm(copy, { recursive: true });
    await publishLog(copy, entries.with(3, new TextEncoder().encode('{}')), signer);
    await writeFile(join(copy, 'checkpoint'), earlier);
    expect(await verify(copy)).toMatchObject({ code: 1, fault: 'root_mismatch', path: 'checkpoint' });
  });

  it('another key in place of the log’s shows', async () => {
    await rm(copy, { recursive: true });
    await publishLog(copy, entries, await noteSigner(origin, new Uint8Array(32).fill(9)));
    expect(await verify(copy)).toMatchObject({ code: 1, fault: 'note_unsigned', path: 'checkpoint' });
  });
});

describe('with the log’s own key in hand', () => {
  it('a cut-off tail shows to whoever kept a checkpoint, and from where on', async () => {
    await rm(copy, { recursive: true });
    await publishLog(copy, entries.slice(0, 260), signer);
    expect(await verify(copy)).toMatchObject({ code: 0, size: 260 });
    expect(await verify(copy, '--earlier', join(whole, 'checkpoint'))).toMatchObject({
      code: 1,
      fault: 'log_truncated',
      index: 260,
    });
  });

  it('a fork shows to whoever kept a checkpoint, and in the database', async () => {
    await rm(copy, { recursive: true });
    const forged = { ...eventIn(5), type: 'patient.read' };
    const changed = entries.with(5, new TextEncoder().encode(JSON.stringify(forged)));
    await publishLog(copy, [...changed, at(entries, 0)], signer);
    expect(await verify(copy)).toMatchObject({ code: 0, size: size + 1 });
    expect(await verify(copy, '--earlier', join(whole, 'checkpoint'))).toMatchObject({
      code: 1,
      fault: 'log_inconsistent',
    });
    expect(await verify(copy, '--against-db')).toMatchObject({
      code: 1,
      fault: 'row_changed',
      index: 5,
      eventId: eventIn(5).id,
      // The event that stands there twice is the second.
      faults: 2,
    });
  });

  it('a time that there is not, in an event that there is not, keeps nobody from the answer', async () => {
    await rm(copy, { recursive: true });
    const forged = { ...eventIn(5), id: crypto.randomUUID(), recordedAt: `${YEAR}-99-99T99:99:99.999999Z` };
    await publishLog(copy, [...entries, new TextEncoder().encode(JSON.stringify(forged))], signer);
    expect(await verify(copy, '--against-db')).toMatchObject({
      code: 1,
      fault: 'row_missing',
      index: size,
      faults: 1,
    });
  });

  it('an event that the log has twice shows', async () => {
    await rm(copy, { recursive: true });
    await publishLog(copy, [...entries, at(entries, 0)], signer);
    expect(await verify(copy, '--against-db')).toMatchObject({
      fault: 'leaf_repeated',
      index: size,
      eventId: eventIn(0).id,
    });
  });
});

describe('with the database in hand', () => {
  /** Does something to the database, looks, and undoes it. */
  async function tampered(statements: readonly [string, unknown[]][], log = live) {
    const { owner } = system;
    await owner.query('create table salus.kept_events as select * from salus.audit_events');
    await owner.query('create table salus.kept_leaves as select * from salus.audit_leaves');
    try {
      for (const [statement, values] of statements) await owner.query(statement, values);
      return await verify(log, '--against-db');
    } finally {
      await owner.query('delete from salus.audit_events');
      await owner.query('delete from salus.audit_leaves');
      await owner.query('insert into salus.audit_events select * from salus.kept_events');
      await owner.query('insert into salus.audit_leaves select * from salus.kept_leaves');
      await owner.query('drop table salus.kept_events, salus.kept_leaves');
    }
  }

  it.each([
    ['type', `update salus.audit_events set type = 'patient.read' where id = $1`],
    ['outcome', `update salus.audit_events set outcome = 'denied' where id = $1`],
    ['patient', 'update salus.audit_events set patient_id = gen_random_uuid() where id = $1'],
    [
      'time',
      `update salus.audit_events set recorded_at = recorded_at + interval '1 microsecond' where id = $1`,
    ],
    ['values', `update salus.audit_events set changes = '{"name":{"old":null,"new":null}}' where id = $1`],
  ])('a row whose %s was changed shows, and which', async (_, statement) => {
    const { id } = eventIn(77);
    const found = await tampered([[statement, [id]]]);
    expect(found).toMatchObject({
      code: 1,
      ok: false,
      fault: 'row_changed',
      index: 77,
      eventId: id,
      faults: 1,
    });
  });

  it('a deleted row shows, with its leaf’s record and without', async () => {
    const { id } = eventIn(77);
    const row: [string, unknown[]] = ['delete from salus.audit_events where id = $1', [id]];
    const leaf: [string, unknown[]] = ['delete from salus.audit_leaves where event_id = $1', [id]];
    const missing = { code: 1, fault: 'row_missing', index: 77, eventId: id, faults: 1 };
    expect(await tampered([row])).toMatchObject(missing);
    expect(await tampered([row, leaf])).toMatchObject(missing);
  });

  it('an invented row shows, though somebody says that it has a leaf', async () => {
    const id = crypto.randomUUID();
    const row: [string, unknown[]] = [
      `insert into salus.audit_events (organization_id, id, recorded_at, kind, type, outcome, request_id)
       values ($1, $2, greatest(clock_timestamp() - interval '20 minutes', date_trunc('year', now(), 'UTC')), 'phi_access',
               'patient.read', 'success', gen_random_uuid())`,
      [system.organizationId, id],
    ];
    const record = (index: number): [string, unknown[]] => [
      'insert into salus.audit_leaves (organization_id, year, index, event_id) values ($1, $2, $3, $4)',
      [system.organizationId, YEAR, index, id],
    ];
    const invented = { code: 1, fault: 'row_without_leaf', eventId: id, faults: 1 };
    expect(await tampered([row])).toMatchObject(invented);
    expect(await tampered([row, record(size + 5)])).toMatchObject(invented);
    const inPlace: [string, unknown[]] = [
      'delete from salus.audit_leaves where organization_id = $1 and index = 77',
      [system.organizationId],
    ];
    expect(await tampered([row, inPlace, record(77)])).toMatchObject({
      fault: 'leaf_of_another_event',
      index: 77,
    });
  });

  it('a row that is younger than the log is counted apart', async () => {
    const row: [string, unknown[]] = [
      `insert into salus.audit_events (organization_id, kind, type, outcome, request_id)
       values ($1, 'phi_access', 'patient.read', 'success', gen_random_uuid())`,
      [system.organizationId],
    ];
    expect(await tampered([row])).toMatchObject({ code: 0, database: { rows: size, later: 1 } });
  });

  it('large values that were replaced by exactly their hash show, though the leaf is the same', async () => {
    const index = largeIndex();
    const { id, changes } = eventIn(index);
    const found = await tampered([
      ['update salus.audit_events set changes = $2 where id = $1', [id, JSON.stringify(changes)]],
    ]);
    expect(found).toMatchObject({ code: 1, fault: 'row_changed', index, eventId: id, faults: 1 });
  });

  it('large values of which one byte is another show', async () => {
    const index = largeIndex();
    const { id } = eventIn(index);
    const statement = `update salus.audit_events set changes = jsonb_set(changes, '{name,new}', to_jsonb('y' || repeat('x', 149999))) where id = $1`;
    expect(await tampered([[statement, [id]]])).toMatchObject({ fault: 'row_changed', index, eventId: id });
  });

  it('all are counted, and the first is named', async () => {
    const found = await tampered([
      ['delete from salus.audit_events where id = any($1)', [[20, 30, 200].map((at) => eventIn(at).id)]],
    ]);
    expect(found).toMatchObject({ fault: 'row_missing', index: 20, faults: 3 });
  });

  it('nothing of the rows is said but where', async () => {
    const { id } = eventIn(77);
    const { owner } = system;
    await owner.query(`update salus.audit_events set type = 'patient.read' where id = $1`, [id]);
    const { stdout } = await salus(['audit', 'verify', live, '--key', key, '--against-db'], {
      DATABASE_URL: system.ownerUrl,
    });
    await owner.query(`update salus.audit_events set type = 'patient.update' where id = $1`, [id]);
    expect(stdout.trim()).toBe(`row changed, entry 77, event ${id}`);
  });

  it.each([
    ['when it is asked for the first time', 'repeatable read'],
    ['in the middle', 'without_leaf'],
  ])('whose connection is lost %s says nothing of the log', async (_, words) => {
    const database = await startCutting(new URL(system.ownerUrl), words);
    const argv = ['audit', 'verify', copy, '--key', key, '--against-db', '--json'];
    try {
      const ran = await salus(argv, { DATABASE_URL: database.url });
      expect({ exitCode: ran.exitCode, stdout: ran.stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(ran.stderr).toContain('the connection to the database was lost');
    } finally {
      database.close();
    }
  });

  it('that cannot be reached says nothing of the log', async () => {
    const nowhere = 'postgres://nobody:nothing@127.0.0.1:1/none';
    const argv = ['audit', 'verify', live, '--key', key, '--against-db'];
    expect((await salus(argv, { DATABASE_URL: nowhere })).exitCode).toBe(2);
    expect((await salus(argv)).exitCode).toBe(2);
    const refused = await salus(argv, { DATABASE_URL: system.appUrl });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).not.toContain('salus_app');
  });
});
