// The way from the trail to the log, broken at each of its parts: calls go on, nothing is lost, and what waits reaches the log
// when the part is there again (ATTACKS: ).
import { PLATFORM } from '@salus/db';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { shut } from '../harness/faulty-bindings.ts';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { readLog, sweep, trail, untilLogged, untilQueueRests } from '../harness/trail.ts';

const TREAT = { purpose: 'TREAT' } as const;
const RETRIES = 3;
let system: System;
let provider: SignedIn;
beforeAll(async () => {
  system = await startSystem({ faulty: true, retries: RETRIES });
  provider = await system.signedIn('provider');
  await provider.client.patients.create(somebody(), TREAT);
  await sweep(system);
  await untilLogged(system);
});
afterAll(() => system.stop());
afterEach(() => shut(system));

/** Creates and reads a record, and says which events that has left. */
async function callsAsUsual(): Promise<string[]> {
  const { id } = await provider.client.patients.create(somebody(), TREAT);
  expect(await provider.client.patients.get({ id }, TREAT)).toMatchObject({ id });
  const events = await trail(system, 'patient_id = $1', [id]);
  expect(events.map(({ type }) => type)).toEqual(['patient.create', 'patient.read']);
  return events.map((event) => event.id);
}

async function leavesOf(ids: readonly string[]): Promise<number> {
  const { rows } = await system.owner.query(
    'select count(*)::int as n from salus.audit_leaves where event_id = any($1)',
    [ids],
  );
  return rows[0].n;
}

async function expectLogged(ids: readonly string[]): Promise<void> {
  await untilLogged(system);
  const { verdict, entries } = await readLog(system);
  expect(verdict.ok).toBe(true);
  for (const id of ids) expect(entries.filter((entry) => entry.id === id)).toHaveLength(1);
}

const told = (code: string) => system.printed.filter((line) => line.includes(`"${code}"`)).length;

describe('with the queue out of order', () => {
  it('calls go on, and the sweep brings what they have left', async () => {
    await shut(system, { queue: 'fails' });
    const before = told('audit_not_queued');
    const ids = await callsAsUsual();
    await expect.poll(() => told('audit_not_queued')).toBeGreaterThan(before);
    await untilQueueRests(system);
    expect(await leavesOf(ids)).toBe(0);
    await shut(system);
    await sweep(system);
    await expectLogged(ids);
  });

  it('Q-01: a Worker that ends between the commit and the queue loses nothing', async () => {
    await shut(system, { queue: 'hangs' });
    const ids = await callsAsUsual();
    await system.restartWorker();
    expect(await leavesOf(ids)).toBe(0);
    await sweep(system);
    await expectLogged(ids);
  });
});

describe('with the log out of order', () => {
  it('calls go on, and messages come again until it takes them', async () => {
    await shut(system, { log: 'fails' });
    const before = told('audit_not_logged');
    const ids = await callsAsUsual();
    await expect.poll(() => told('audit_not_logged')).toBeGreaterThan(before);
    expect(await leavesOf(ids)).toBe(0);
    await shut(system);
    await sweep(system); // those that have died meanwhile
    await expectLogged(ids);
  });

  it('Q-06: for long, messages die, which the trail and the operator are told; their rows reach the log all the same', async () => {
    await shut(system, { log: 'fails' });
    const before = told('audit_dead_letter');
    const ids = await callsAsUsual();
    await expect.poll(() => told('audit_dead_letter'), { timeout: 40_000 }).toBeGreaterThan(before);
    const letters = () =>
      trail(system, `type = 'audit.dead_letter' and organization_id = $1`, [system.organizationId]);
    await expect.poll(async () => (await letters()).length).toBe(1);
    expect((await letters())[0]).toMatchObject({
      kind: 'security',
      outcome: 'failed',
      actor_role: 'job.alert',
      details: { reason: 'not_logged' },
    });
    await shut(system);
    await sweep(system);
    await expectLogged([...ids, ...(await letters()).map(({ id }) => id)]);
  });
});

describe('with the bucket out of order', () => {
  it('calls go on, events are numbered, and the checkpoint follows when it is there again', async () => {
    await shut(system, { bucket: 'fails' });
    const before = told('log_not_published');
    const ids = await callsAsUsual();
    await expect.poll(() => leavesOf(ids)).toBe(ids.length);
    await expect.poll(() => told('log_not_published')).toBeGreaterThan(before);
    await shut(system);
    await expectLogged(ids);
  });
});

describe('Q-08: a message of another release', () => {
  it('comes again, keeps no neighbour back, and is told of when it dies', async () => {
    const before = { unreadable: told('audit_message_unreadable'), dead: told('audit_dead_letter') };
    const queue = await system.worker.getQueueProducer('AUDIT_QUEUE');
    await queue.send({ v: 2, row: { of: 'another release' } }, { contentType: 'json' });
    const ids = await callsAsUsual();
    await expect.poll(() => leavesOf(ids)).toBe(ids.length);
    await expect.poll(() => told('audit_dead_letter'), { timeout: 40_000 }).toBeGreaterThan(before.dead);
    expect(told('audit_message_unreadable')).toBe(before.unreadable + 1 + RETRIES);
    await expect
      .poll(() => trail(system, `type = 'audit.dead_letter' and organization_id = $1`, [PLATFORM]), {
        timeout: 10_000,
      })
      .toMatchObject([{ kind: 'security', details: { reason: 'unreadable', count: 1 } }]);
    await expectLogged(ids);
  });
});
