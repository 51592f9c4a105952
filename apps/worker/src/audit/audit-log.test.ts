// The Durable Object itself, in workerd, on its SQLite and on R2.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type Entry, type LogVerdict, verifierKeyOf, verifyLog } from '@salus/audit/log';
import { fromBase64 } from '@salus/crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../env.ts';
import { deleteFiles } from '../retention/delete-files.ts';
import type { AuditLog } from './audit-log.ts';
import { sqliteLedgerStore } from './ledger-store.ts';

const YEAR = 2026;
let organization: string;
const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);

beforeEach(() => {
  organization = crypto.randomUUID();
});

afterEach(() => {
  reported.mockClear();
});

const log = () => env.AUDIT_LOG.getByName(`${organization}/${YEAR}`);
const prefix = () => `log/${organization}/${YEAR}`;
const codes = () => reported.mock.calls.map(([line]) => JSON.parse(line).code);

/** How long until the alarm, in milliseconds. */
function wakesIn(): Promise<number> {
  return runInDurableObject(log(), async (_, { storage }) => ((await storage.getAlarm()) ?? 0) - Date.now());
}

function entries(from: number, to: number): Entry[] {
  return Array.from({ length: to - from }, (_, at) => {
    const id = `event ${from + at}`;
    return { id, leaf: new TextEncoder().encode(`{"id":"${id}"}`) };
  });
}

async function read(path: string): Promise<Uint8Array | null> {
  const object = await env.LOG.get(`${prefix()}/${path}`);
  return object && new Uint8Array(await object.arrayBuffer());
}

async function verdict(earlier?: Uint8Array): Promise<LogVerdict> {
  const seed = fromBase64(env.LOG_SIGNING_KEY);
  const verifierKey = await verifierKeyOf(`${env.LOG_ORIGIN}/${prefix()}`, seed);
  return verifyLog({ read, verifierKey, ...(earlier ? { earlier } : {}) });
}

/** The code of the error that the object throws; waited for once, where `expect` waits twice and leaves one unheard. */
async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

async function publishedCheckpoint(): Promise<Uint8Array> {
  const note = await read('checkpoint');
  if (note === null) throw new Error('nothing was published');
  return note;
}

describe('the log of an organization and a year', () => {
  it('numbers events, each once, and publishes them by its alarm', async () => {
    const placed = await log().append(organization, YEAR, entries(0, 300));
    expect(placed.map(({ index }) => index)).toStrictEqual(Array.from({ length: 300 }, (_, at) => at));
    expect(await read('checkpoint')).toBeNull();
    expect(await runDurableObjectAlarm(log())).toBe(true);
    expect(await verdict()).toMatchObject({
      ok: true,
      checkpoint: { origin: `${env.LOG_ORIGIN}/${prefix()}`, size: 300n },
    });
    expect(await read('tile/0/000')).toHaveLength(8192);
    expect(await read('tile/entries/001.p/44')).not.toBeNull();
    // Nothing new: nothing to do for an hour.
    expect(await wakesIn()).toBeGreaterThan(3_500_000);
    expect(codes()).toStrictEqual([]);
  });

  it('publishes by itself, about a second after', async () => {
    await log().append(organization, YEAR, entries(0, 3));
    await vi.waitFor(async () => expect(await read('checkpoint')).not.toBeNull(), { timeout: 30_000 });
    expect((await verdict()).ok).toBe(true);
  });

  it('goes on where it was after an eviction, and knows what it has', async () => {
    await log().append(organization, YEAR, entries(0, 257));
    await runDurableObjectAlarm(log());
    const earlier = await publishedCheckpoint();
    await evictDurableObject(log());
    const placed = await log().append(organization, YEAR, entries(250, 600));
    expect(placed.map(({ index }) => index)).toStrictEqual(Array.from({ length: 350 }, (_, at) => 250 + at));
    await evictDurableObject(log());
    await runDurableObjectAlarm(log());
    expect(await verdict(earlier)).toMatchObject({ ok: true, checkpoint: { size: 600n } });
  });

  it('AUD-07: has no gap and no fork when 200 write at once, everything twice', async () => {
    const batches = Array.from({ length: 200 }, (_, at) => entries((at % 100) * 3, (at % 100) * 3 + 3));
    const placed = (
      await Promise.all(batches.map((batch) => log().append(organization, YEAR, batch)))
    ).flat();
    const indexes = new Map(placed.map(({ id, index }) => [id, index]));
    expect(placed.every(({ id, index, contradicted }) => indexes.get(id) === index && !contradicted)).toBe(
      true,
    );
    expect([...indexes.values()].toSorted((a, b) => a - b)).toStrictEqual(
      Array.from({ length: 300 }, (_, at) => at),
    );
    await runDurableObjectAlarm(log());
    expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size: 300n } });
  });

  it('keeps what it has when an event comes again and says something else', async () => {
    await log().append(organization, YEAR, entries(0, 3));
    const changed = { id: 'event 1', leaf: new TextEncoder().encode('{}') };
    expect(await log().append(organization, YEAR, [changed])).toStrictEqual([
      { id: 'event 1', index: 1, contradicted: true },
    ]);
    await runDurableObjectAlarm(log());
    expect(new TextDecoder().decode((await read('tile/entries/000.p/3')) ?? undefined)).toContain(
      '"event 1"',
    );
  });

  it('is no other log, whoever asks', async () => {
    await log().append(organization, YEAR, entries(0, 1));
    await runInDurableObject(log(), async (instance: AuditLog) => {
      await expect(instance.append(crypto.randomUUID(), YEAR, entries(1, 2))).rejects.toThrow('another log');
      await expect(instance.append(organization, YEAR + 1, entries(1, 2))).rejects.toThrow('another log');
    });
    await runDurableObjectAlarm(log());
    expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size: 1n } });
  });
});

describe('what stops a log', () => {
  it('a checkpoint that it did not make: it says so, signs nothing, and tries again', async () => {
    await log().append(organization, YEAR, entries(0, 3));
    await runDurableObjectAlarm(log());
    const own = await publishedCheckpoint();
    await env.LOG.put(`${prefix()}/checkpoint`, 'somebody else’s');
    await log().append(organization, YEAR, entries(3, 5));
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(await runDurableObjectAlarm(log())).toBe(true);
      expect(codes()).toStrictEqual(Array(attempt).fill('note_malformed'));
    }
    expect(new TextDecoder().decode(await publishedCheckpoint())).toBe('somebody else’s');
    await env.LOG.put(`${prefix()}/checkpoint`, own);
    expect(await runDurableObjectAlarm(log())).toBe(true);
    expect(await verdict(own)).toMatchObject({ ok: true, checkpoint: { size: 5n } });
    expect(await wakesIn()).toBeGreaterThan(3_500_000);
  });

  it('its own storage, when that was rolled back', async () => {
    await log().append(organization, YEAR, entries(0, 10));
    await runDurableObjectAlarm(log());
    const before = await publishedCheckpoint();
    await runInDurableObject(log(), async (_, { storage }) => {
      storage.sql.exec('delete from entries where position >= 5');
    });
    await evictDurableObject(log());
    await log().append(organization, YEAR, entries(20, 22));
    await runDurableObjectAlarm(log());
    await log().append(organization, YEAR, entries(30, 50));
    await runDurableObjectAlarm(log());
    expect(codes()).toStrictEqual(['log_rolled_back', 'log_forked']);
    expect(await publishedCheckpoint()).toStrictEqual(before);
  });
});

it('what kept a log from opening keeps it no longer than it lasts', async () => {
  const inStorage = (query: string) =>
    runInDurableObject(log(), (_, { storage }) => {
      storage.sql.exec(query);
    });
  // Where its table must stand, something else does.
  await inStorage('create table other (id); create index entries on other (id)');
  const refused = await codeOf(log().append(organization, YEAR, entries(0, 2)));
  expect(String(refused)).toContain('already an index named entries');
  await inStorage('drop table other');
  expect(await log().append(organization, YEAR, entries(0, 2))).toMatchObject([{ index: 0 }, { index: 1 }]);
  await runDurableObjectAlarm(log());
  expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size: 2n } });
});

describe('a log whose retention has ended', () => {
  it('takes nothing new from the moment it is closed, and still knows what it has', async () => {
    const before = await log().append(organization, YEAR, entries(0, 300));
    const final = await log().close(organization, YEAR);
    expect(final.size).toBe(300);
    expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size: 300n, root: final.root } });
    expect(await codeOf(log().append(organization, YEAR, entries(299, 301)))).toBe('log_closed');
    expect(await log().append(organization, YEAR, entries(0, 300))).toStrictEqual(before);
    await evictDurableObject(log());
    expect(await codeOf(log().append(organization, YEAR, entries(300, 301)))).toBe('log_closed');
    expect(await log().close(organization, YEAR)).toStrictEqual(final);
    expect((await verdict()).ok).toBe(true);
  });

  it('has no place for an entry that was on its way when it was closed', async () => {
    await log().append(organization, YEAR, entries(0, 3));
    const [late, final] = await Promise.allSettled([
      log().append(organization, YEAR, entries(3, 200)),
      log().close(organization, YEAR),
    ]);
    const size = late.status === 'fulfilled' ? 200 : 3;
    expect(final).toMatchObject({ status: 'fulfilled', value: { size } });
    expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size: BigInt(size) } });
  });

  it('is cleared only when it was closed, is never founded again, and publishes nothing', async () => {
    await log().append(organization, YEAR, entries(0, 3));
    await runInDurableObject(log(), (instance: AuditLog) =>
      expect(instance.clear(organization, YEAR)).rejects.toThrow('not closed'),
    );
    await log().close(organization, YEAR);
    const checkpoint = await publishedCheckpoint();
    await log().clear(organization, YEAR);
    await log().clear(organization, YEAR);
    for (const evict of [false, true]) {
      if (evict) await evictDurableObject(log());
      // What it had, and what it never had.
      for (const list of [entries(0, 1), entries(7, 8), []]) {
        expect(await codeOf(log().append(organization, YEAR, list))).toBe('log_closed');
      }
      expect(await codeOf(log().close(organization, YEAR))).toBe('log_closed');
    }
    expect(await runDurableObjectAlarm(log())).toBe(false);
    await runInDurableObject(log(), async (instance: AuditLog, { storage }) => {
      await instance.alarm();
      expect([
        ...storage.sql.exec(`select name from sqlite_master where name in ('entries', 'roots')`),
      ]).toEqual([]);
    });
    expect(await publishedCheckpoint()).toStrictEqual(checkpoint);
    expect(codes()).toStrictEqual([]);
  });

  it('is cleared when its alarm has done what it was at, which writes nothing again afterwards', async () => {
    await log().append(organization, YEAR, entries(0, 300));
    await log().close(organization, YEAR);
    const [waiting, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await runInDurableObject(log(), async (instance, { storage }) => {
      await storage.put('inspecting', { from: { level: 'entries', index: 0 }, dueAt: 0 });
      // What is protected in a class is there all the same.
      const bucket = (instance as unknown as { env: Env }).env.LOG;
      const get = bucket.get.bind(bucket);
      const slow = vi.spyOn(bucket, 'get').mockImplementation(async (key: string) => {
        if (key.endsWith('tile/entries/000')) {
          waiting.resolve();
          await opened.promise;
          slow.mockRestore();
        }
        return get(key);
      });
    });
    const alarm = runDurableObjectAlarm(log());
    await waiting.promise;
    const gone = log()
      .clear(organization, YEAR)
      .then(() => deleteFiles(env.LOG, `${prefix()}/tile/`));
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 500))]);
    opened.resolve();
    await Promise.all([alarm, gone]);
    expect((await env.LOG.list({ prefix: `${prefix()}/tile/` })).objects).toStrictEqual([]);
  });

  it('is not founded again when its storage is lost, for its certificate is there', async () => {
    await env.LOG.put(`${prefix()}/deletion-certificate`, 'signed');
    expect(await codeOf(log().append(organization, YEAR, entries(0, 1)))).toBe('log_closed');
    expect(await read('checkpoint')).toBeNull();
  });
});

describe('what the object store loses', () => {
  /** As if a day had passed since all files were looked at. */
  const dayLater = () =>
    runInDurableObject(log(), async (_, { storage }) => {
      const known = await storage.get<{ dueAt: number }>('inspecting');
      await storage.put('inspecting', { ...known, dueAt: (known?.dueAt ?? Date.now()) - 86_400_000 });
    });

  it('or damages is written again within a day, and told of', async () => {
    await log().append(organization, YEAR, entries(0, 600));
    await runDurableObjectAlarm(log());
    await env.LOG.delete(`${prefix()}/tile/entries/001`);
    await env.LOG.put(`${prefix()}/tile/0/000`, 'something else');
    expect((await verdict()).ok).toBe(false);
    await runDurableObjectAlarm(log());
    expect((await verdict()).ok).toBe(false);
    await dayLater();
    await runDurableObjectAlarm(log());
    expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size: 600n } });
    expect(reported.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
      { code: 'log_files_repaired', error: '2' },
    ]);
    expect(Math.round((await wakesIn()) / 60_000)).toBe(60);
  });

  it('is found in turns, which an eviction does not begin anew', async () => {
    await log().append(organization, YEAR, entries(0, 27_000));
    await runDurableObjectAlarm(log());
    await env.LOG.delete(`${prefix()}/tile/1/000.p/105`);
    await dayLater();
    await runDurableObjectAlarm(log());
    expect(await wakesIn()).toBeLessThan(11_000);
    await evictDurableObject(log());
    await runDurableObjectAlarm(log());
    expect(await wakesIn()).toBeLessThan(11_000);
    expect((await verdict()).ok).toBe(false);
    await evictDurableObject(log());
    // 106 bundles, as many tiles of leaves, and the one above them.
    await runDurableObjectAlarm(log());
    expect(await wakesIn()).toBeGreaterThan(3_500_000);
    expect((await verdict()).ok).toBe(true);
  }, 30_000);

  it('is the checkpoint too: within the hour all of the log is there again', async () => {
    await log().append(organization, YEAR, entries(0, 10));
    await runDurableObjectAlarm(log());
    const { objects } = await env.LOG.list({ prefix: prefix() });
    await env.LOG.delete(objects.map(({ key }) => key));
    await runDurableObjectAlarm(log());
    expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size: 10n } });
  });
});

it('what fails in the store within a transaction is not kept, and what was before is', async () => {
  await log().append(organization, YEAR, entries(0, 2));
  await runInDurableObject(log(), (_, { storage }) => {
    const store = sqliteLedgerStore(storage);
    const entry = { id: 'event 2', leaf: new Uint8Array(1), hash: new Uint8Array(32) };
    expect(() =>
      store.transact(() => {
        store.append({ ...entry, index: 2 });
        expect(store.size()).toBe(3);
        store.append({ ...entry, index: 3 });
      }),
    ).toThrow();
    expect(store.size()).toBe(2);
    expect(store.find('event 2')).toBeUndefined();
    expect(store.find('event 1')?.index).toBe(1);
  });
});
