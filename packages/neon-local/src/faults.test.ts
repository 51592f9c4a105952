// Each fault keeps and loses exactly what it says: of every write there is a pair, "fails and is not kept" and "fails but is
// kept".
import { neon } from '@neondatabase/serverless';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
let sql: ReturnType<typeof neon<false, false>>;
beforeAll(async () => {
  database = await startTestDatabase();
  sql = neon(database.url);
  await sql`create table kept (id int primary key)`;
});
afterAll(() => database.stop());
beforeEach(async () => {
  await sql`truncate kept`;
  database.neonLocal.resetCounters();
});
afterEach(() => database.neonLocal.faults.clear());

const insert = (id: number) => sql`insert into kept values (${id})`;
const batch = () => sql.transaction([insert(1), insert(2), insert(3)]);
const stored = async () => (await sql`select id from kept order by id`).map(({ id }) => id);

describe('a request that is cut', () => {
  it.each([1, 2, 3, 4])(
    'before statement %i of a batch of three and its COMMIT fails and is not kept',
    async (statement) => {
      database.neonLocal.faults.cutBeforeStatement(statement);
      await expect(batch()).rejects.toThrow();
      expect(await stored()).toEqual([]);
    },
  );

  it('has run what stands before the cut, and nothing behind it', async () => {
    await sql`create sequence runs`;
    const runs = async () => (await sql`select is_called from runs`)[0]?.is_called;
    const counting = () => sql.transaction([insert(1), sql`select nextval('runs')`, insert(2)]);
    database.neonLocal.faults.cutBeforeStatement(2);
    await expect(counting()).rejects.toThrow();
    // A sequence does not roll back, so it tells.
    expect(await runs()).toBe(false);
    database.neonLocal.faults.cutBeforeStatement(3);
    await expect(counting()).rejects.toThrow();
    expect(await runs()).toBe(true);
    expect(await stored()).toEqual([]);
  });

  it('before a statement that it does not have passes, and the fault waits for one that has', async () => {
    database.neonLocal.faults.cutBeforeStatement(5);
    await batch();
    expect(await stored()).toEqual([1, 2, 3]);
  });

  it('before a single statement is not kept', async () => {
    database.neonLocal.faults.cutBeforeStatement(1);
    await expect(insert(1)).rejects.toThrow();
    expect(await stored()).toEqual([]);
  });

  it('after COMMIT fails but is kept, batch and single statement alike', async () => {
    database.neonLocal.faults.cutAfterCommit();
    await expect(batch()).rejects.toThrow();
    expect(await stored()).toEqual([1, 2, 3]);
    database.neonLocal.faults.cutAfterCommit();
    await expect(insert(4)).rejects.toThrow();
    expect(await stored()).toEqual([1, 2, 3, 4]);
  });

  it('is as many as were asked for', async () => {
    database.neonLocal.faults.cutAfterCommit(2);
    await expect(insert(1)).rejects.toThrow();
    await expect(insert(2)).rejects.toThrow();
    await insert(3);
    expect(await stored()).toEqual([1, 2, 3]);
  });
});

describe('the other faults', () => {
  it('a refused connection runs nothing, until it is cleared', async () => {
    database.neonLocal.faults.refuseConnections();
    await expect(insert(1)).rejects.toThrow();
    await expect(batch()).rejects.toThrow();
    database.neonLocal.faults.clear();
    expect(await stored()).toEqual([]);
  });

  it('REL-02: a control plane that failed answers 500 as Neon does, and runs nothing', async () => {
    database.neonLocal.faults.failControlPlane();
    await expect(insert(1)).rejects.toThrow('Control plane request failed');
    expect(await stored()).toEqual([]);
  });

  it('latency is that of a request, however many statements are in it', async () => {
    database.neonLocal.faults.latency(300);
    const started = performance.now();
    await batch();
    const took = performance.now() - started;
    expect(took).toBeGreaterThanOrEqual(295);
    expect(took).toBeLessThan(900);
  });
});

describe('eight clients at once', () => {
  it('each get their own answers, and no transaction sees another before its COMMIT', async () => {
    const clients = Array.from({ length: 8 }, () => neon(database.url));
    const answers = await Promise.all(
      clients.map(async (client, at) => {
        const own: unknown[] = [];
        for (let i = 0; i < 20; i++) {
          const id = at * 1000 + i;
          const [, rows] = await client.transaction([
            client`insert into kept values (${id})`,
            client`select count(*)::int as n from kept where id / 1000 = ${at}`,
          ]);
          own.push(rows?.[0]?.n);
        }
        return own;
      }),
    );
    for (const own of answers) expect(own).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(database.neonLocal.counters).toEqual({ requests: 160, statements: 320 });
  });
});
