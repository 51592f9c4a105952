// AUD-01, AUD-02: where the trail cannot be written, nothing is told and nothing is done. The router is enumerated: a procedure
// that is not tried fails.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { callsOf, PROCEDURES } from '../harness/calls.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';

let system: System;
let provider: SignedIn;
/** What the Worker has answered, since it was last emptied. */
const answers: string[] = [];

beforeAll(async () => {
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', async (...request: Parameters<typeof fetch>) => {
    const answer = await fetch(...request);
    answers.push(await answer.clone().text());
    return answer;
  });
  system = await startSystem();
  provider = await system.signedIn('provider');
  // The disk that the trail lies on is full, as far as its rows go.
  await system.owner.query(`
    create function public.no_room() returns trigger language plpgsql
      as $$ begin raise exception 'no room' using errcode = '53100'; end $$;
    create trigger no_room before insert on salus.audit_events for each row execute function public.no_room();
    alter table salus.audit_events disable trigger no_room`);
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await system.stop();
});
afterEach(() => system.owner.query('alter table salus.audit_events disable trigger no_room'));

/** What comes and goes without being anybody's record: attempts are counted whatever happens, the queue goes on. */
const PASSING = ['sign_in_attempts', 'audit_leaves'];

/** Every row of every table, as a hash by table. */
async function records(): Promise<Map<string, string>> {
  const { rows: tables } = await system.owner.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = 'salus'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  );
  const hashes = new Map<string, string>();
  for (const { name } of tables.filter((table) => !PASSING.includes(table.name))) {
    const { rows } = await system.owner.query(
      `select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as hash from salus.${name} t`,
    );
    hashes.set(name, rows[0].hash);
  }
  return hashes;
}

describe('when the trail cannot be written', () => {
  it('every procedure is tried', () => {
    expect(PROCEDURES.length).toBeGreaterThan(20);
    expect(Object.keys(callsOf(system, provider)).toSorted()).toEqual(
      PROCEDURES.map(({ path }) => path).toSorted(),
    );
  });

  it.each(PROCEDURES)('$path tells nothing, and does nothing', async ({ path }) => {
    const call = await callsOf(system, provider)[path]?.();
    await system.owner.query('alter table salus.audit_events enable trigger no_room');
    const before = await records();
    answers.length = 0;
    await call?.().catch((error: unknown) => expect(error).toMatchObject({ code: 'unavailable' }));
    expect(answers).toHaveLength(1);
    const [answer] = answers.map((text) => JSON.parse(text));
    expect(Object.keys(answer)).toEqual(['error']);
    expect(answer.error.data).toEqual({
      code: 'SERVICE_UNAVAILABLE',
      httpStatus: 503,
      requestId: expect.any(String),
      appCode: 'unavailable',
    });
    expect(await records()).toEqual(before);
  });

  it('and works again as soon as it can', async () => {
    for (const { path } of PROCEDURES.filter(({ meta }) => meta.resource === 'patient')) {
      const call = await callsOf(system, provider)[path]?.();
      answers.length = 0;
      await call?.();
      expect(answers.map((text) => Object.keys(JSON.parse(text)))).toEqual([['result']]);
    }
  });
});
