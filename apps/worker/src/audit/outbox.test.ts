// What calls have committed goes to the queue together, each row once, whoever of the calls lives to send it. The queue is
// miniflare's; time is the test's.
import type { AuditRow } from '@salus/audit';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOutbox, type Outbox } from './outbox.ts';
import { heardQueue, rowsOf } from './test-queue.ts';
import { newOrganization, recordEvents } from './test-trail.ts';

const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
let rows: AuditRow[];
beforeAll(async () => {
  rows = await recordEvents(await newOrganization(), Array(101).fill({}));
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
  reported.mockClear();
});

const idsOf = (given: readonly AuditRow[]) => given.map(({ id }) => id);

/** Hands rows over as that many calls, and says what the platform would have to wait for. */
function asCalls(outbox: Outbox, given: readonly AuditRow[]): Promise<void>[] {
  return given.flatMap((row) => outbox([row]) ?? []);
}

describe('what several calls commit within a moment', () => {
  it('is one send, for which one of them stays', async () => {
    const { queue, batches } = heardQueue();
    const kept = asCalls(createOutbox(queue, Date.now), rows.slice(0, 40));
    expect(kept).toHaveLength(1);
    expect(batches).toStrictEqual([]);
    vi.advanceTimersByTime(50);
    await Promise.all(kept);
    expect(batches).toHaveLength(1);
    expect(idsOf(rowsOf(batches))).toStrictEqual(idsOf(rows.slice(0, 40)));
  });

  it('is sent when it fills a send, by the call that fills it, even where the one that stayed has been ended', async () => {
    const { queue, batches } = heardQueue();
    const outbox = createOutbox(queue, Date.now);
    const [ended, filling, ...more] = asCalls(outbox, rows.slice(0, 100));
    await filling;
    expect([ended, more]).toStrictEqual([expect.any(Promise), []]);
    expect(batches).toHaveLength(1);
    expect(idsOf(rowsOf(batches))).toStrictEqual(idsOf(rows.slice(0, 100)));
    // The next call does not count on the one that was ended.
    expect(asCalls(outbox, rows.slice(100))).toHaveLength(1);
  });

  it('is sent by the next call, where the one that stayed has been ended', async () => {
    const { queue, batches } = heardQueue();
    const outbox = createOutbox(queue, Date.now);
    asCalls(outbox, rows.slice(0, 2));
    vi.clearAllTimers();
    vi.advanceTimersByTime(100);
    const kept = asCalls(outbox, rows.slice(2, 4));
    expect(kept).toHaveLength(1);
    vi.advanceTimersByTime(50);
    await Promise.all(kept);
    expect(idsOf(rowsOf(batches))).toStrictEqual(idsOf(rows.slice(0, 4)));
  });

  it('is left to the call that stayed for it, by one that stayed for what has been sent', async () => {
    const { queue, batches } = heardQueue();
    const outbox = createOutbox(queue, Date.now);
    const [first, filling] = asCalls(outbox, rows.slice(0, 100));
    await filling;
    vi.advanceTimersByTime(25);
    const kept = asCalls(outbox, rows.slice(100));
    vi.advanceTimersByTime(25);
    await first;
    expect(batches).toHaveLength(1);
    vi.advanceTimersByTime(25);
    await Promise.all(kept);
    expect(batches).toHaveLength(2);
    expect(idsOf(rowsOf(batches))).toStrictEqual(idsOf(rows));
  });

  it('is nothing to wait for when it is nothing', () => {
    expect(createOutbox(heardQueue().queue, Date.now)([])).toBeNull();
  });
});

it('a queue that takes nothing is told of, and the rows of the next moment are sent', async () => {
  const { queue, batches } = heardQueue();
  const broken = vi.spyOn(queue, 'sendBatch').mockRejectedValueOnce(new Error('out of order'));
  const outbox = createOutbox(queue, Date.now);
  for (const moment of [rows.slice(0, 3), rows.slice(3, 5)]) {
    const kept = asCalls(outbox, moment);
    vi.advanceTimersByTime(50);
    await Promise.all(kept);
  }
  broken.mockRestore();
  // Told of each call, by its request.
  expect(reported.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject(
    rows.slice(0, 3).map(({ requestId }) => ({ requestId, code: 'audit_not_queued' })),
  );
  expect(idsOf(rowsOf(batches))).toStrictEqual(idsOf(rows.slice(3, 5)));
});
