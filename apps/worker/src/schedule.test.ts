// Jobs by the clock: none stands in another's way, and none fails unseen.
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { asOwner, newOrganization, recordEvents } from './audit/test-trail.ts';
import { eachOrganization } from './minute.ts';
import { JOBS, runSchedule } from './schedule.ts';
import { testMinute } from './test-minute.ts';

const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
const reports = () => reported.mock.calls.map(([line]) => JSON.parse(line));
afterEach(() => {
  reported.mockClear();
});

describe('a minute', () => {
  it('runs every job, also beside one that throws, rejects or has not ended, and tells of failures by code', async () => {
    const minute = await testMinute();
    const ran: string[] = [];
    const { promise: slowEnds, resolve: endSlow } = Promise.withResolvers<void>();
    const jobs = [
      { name: 'slow', run: () => slowEnds },
      {
        name: 'thrown',
        run: () => {
          throw new RangeError('ssn 999-12-3456');
        },
      },
      { name: 'rejected', run: () => Promise.reject(new TypeError('ssn 999-12-3456')) },
      {
        name: 'well',
        run: async () => {
          ran.push('well');
          endSlow();
        },
      },
    ];
    await runSchedule(jobs, minute);
    expect(ran).toEqual(['well']);
    expect(reports()).toEqual([
      { requestId: null, code: 'thrown_failed', error: 'RangeError' },
      { requestId: null, code: 'rejected_failed', error: 'TypeError' },
    ]);
  });

  it('has jobs with names of their own', () => {
    expect(JOBS.length).toBeGreaterThan(0);
    expect(new Set(JOBS.map(({ name }) => name)).size).toBe(JOBS.length);
  });
});

describe('a job for each organization', () => {
  it('has the turn of every one, also after one for which it failed, which is told of', async () => {
    const [first, second, third] = [
      await newOrganization(),
      await newOrganization(),
      await newOrganization(),
    ].toSorted();
    const turns: string[] = [];
    const requests = new Set<string>();
    await eachOrganization(await testMinute(), 'report', async ({ organizationId, requestId, job }) => {
      expect(job).toBe('report');
      turns.push(organizationId);
      requests.add(requestId);
      if (organizationId === second) throw new RangeError('ssn 999-12-3456');
    });
    const [{ n } = {}] = await asOwner('select count(*) as n from salus.organizations');
    expect(turns).toHaveLength(Number(n));
    expect(turns).toEqual(expect.arrayContaining([first, second, third]));
    expect(requests.size).toBe(turns.length);
    expect(reports()).toEqual([
      { requestId: expect.any(String), code: 'report_failed', error: 'RangeError' },
    ]);
  });

  it('sends what it has committed to the queue, and its failure to take it is told of', async () => {
    const organization = await newOrganization();
    const [row] = await recordEvents(organization, [{}]);
    if (!row) throw new Error('an event was recorded');
    const run = async (sendBatch: Queue['sendBatch']) => {
      const queue = new Proxy(env.AUDIT_QUEUE, {
        get: (target, name) => (name === 'sendBatch' ? sendBatch : Reflect.get(target, name)),
      });
      await eachOrganization(await testMinute({ AUDIT_QUEUE: queue }), 'report', async (of) => {
        if (of.organizationId === organization) of.committed([row]);
      });
    };
    const sent: unknown[] = [];
    await run(async (messages) => {
      sent.push(...[...messages].map(({ body }) => body));
      return env.AUDIT_QUEUE.sendBatch(messages);
    });
    expect(sent).toEqual([{ v: 1, row }]);
    expect(reports()).toEqual([]);
    await run(() => Promise.reject(new Error('queue is down')));
    expect(reports().map(({ code }) => code)).toEqual(['audit_not_queued']);
  });
});
