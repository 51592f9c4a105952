// A year of the trail ends, or must stay: with the real Durable Object, the real PostgreSQL and R2.
import { env } from 'cloudflare:workers';
import type { AuditRow } from '@salus/audit';
import { DELETION_CERTIFICATE, verifierKeyOf } from '@salus/audit/log';
import { fromBase64, toHex } from '@salus/crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asOwner } from '../audit/test-trail.ts';
import { testMinute } from '../test-minute.ts';
import { expireYear } from './expire-year.ts';
import { retain } from './retention.ts';
import { DUE, PRESENT, startTrail, type TestTrail, YOUNG } from './test-year.ts';

const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
const codes = () => reported.mock.calls.map(([line]) => JSON.parse(line).code);

let trail: TestTrail;
let rows: AuditRow[];
beforeEach(async () => {
  ({ trail, rows } = await startTrail());
});
afterEach(() => {
  reported.mockClear();
});

const rule = (years: number) =>
  asOwner(
    `insert into salus.retention_rules (organization_id, years, basis) values ($1, $2, 'state law')
     on conflict (organization_id) do update set years = excluded.years`,
    [trail.organization, years],
  );

/** Places a legal hold on the organization; answers what releases it. */
async function hold(): Promise<() => Promise<unknown>> {
  const { organization } = trail;
  await asOwner(
    `insert into salus.organization_keys (organization_id, version, provider, wrapped) values ($1, 1, 'none', '\\x00')`,
    [organization],
  );
  const [user = {}] = await asOwner(
    `insert into salus.users (organization_id, id, role, erased_at, disabled_at, organization_key_version, email_index_version)
     values ($1, gen_random_uuid(), 'privacy_officer', now(), now(), 1, 1) returning id`,
    [organization],
  );
  await asOwner(
    `insert into salus.legal_holds (organization_id, id, reason, placed_by) values ($1, gen_random_uuid(), 'litigation', $2)`,
    [organization, user.id],
  );
  return () =>
    asOwner(
      'update salus.legal_holds set released_by = placed_by, released_at = now() where organization_id = $1',
      [organization],
    );
}

async function certifiedThenHeld(): Promise<() => Promise<unknown>> {
  const run = trail.run();
  expect(await expireYear(run, env, DUE)).toBe('waiting');
  await trail.deliver(run.waiting);
  return hold();
}

describe('a year that six years have passed since', () => {
  it('ends: checkpoint, certificate and event stay, and everything else of it goes', async () => {
    expect(await trail.isDue(DUE)).toBe(true);
    expect(await trail.verdictOf(DUE)).toBe('whole 4');

    // The event is in no log yet: nothing is destroyed before it is.
    const first = trail.run();
    expect(await expireYear(first, env, DUE)).toBe('waiting');
    expect(await trail.stateOf(DUE)).toEqual(['whole 4', 4, 4]);
    await trail.deliver(first.waiting);
    expect(await expireYear(trail.run(), env, DUE)).toBe('deleted');

    expect(await trail.stateOf(DUE)).toEqual(['deleted 4', 0, 0]);
    const { objects } = await env.LOG.list({ prefix: `log/${trail.organization}/${DUE}/` });
    const files = objects.map(({ key }) => key.split('/').at(-1));
    expect(files.toSorted()).toEqual(['checkpoint', 'deletion-certificate']);
    expect(await trail.eventsOfType('retention.expired')).toEqual([
      {
        kind: 'system_change',
        outcome: 'success',
        actor_role: 'job.retention',
        year: String(DUE),
        size: '4',
        root: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
        reason: null,
      },
    ]);
    // The rest verifies, the present log with the event in it.
    expect(await trail.stateOf(YOUNG)).toEqual(['whole 1', 1, 1]);
    expect(await trail.stateOf(PRESENT)).toEqual(['whole 2', 2, 2]);
    expect(await trail.isDue(DUE)).toBe(false);
    expect(codes()).toEqual([]);
  });

  it('is certified by both keys while its log changes the key', async () => {
    const { AUDIT_LOG, LOG, LOG_ORIGIN, LOG_SIGNING_KEY } = env;
    const before = LOG_SIGNING_KEY.replaceAll('AQEB', 'AgIC').replace('AQE=', 'AgI=');
    const changing = { AUDIT_LOG, LOG, LOG_ORIGIN, LOG_SIGNING_KEY, LOG_PREVIOUS_SIGNING_KEY: before };
    expect(await expireYear(trail.run(), changing, DUE)).toBe('waiting');
    const prefix = `log/${trail.organization}/${DUE}`;
    const certificate = await (await LOG.get(`${prefix}/${DELETION_CERTIFICATE}`))?.text();
    const signatures = [...(certificate ?? '').matchAll(/^— \S+ (\S+)$/gm)];
    const keyIds = signatures.map(([, signature = '']) => toHex(fromBase64(signature).slice(0, 4)));
    const keys = [LOG_SIGNING_KEY, before].map((seed) =>
      verifierKeyOf(`${LOG_ORIGIN}/${prefix}`, fromBase64(seed)),
    );
    expect(keyIds).toEqual((await Promise.all(keys)).map((key) => key.split('+')[1]));
  });

  it('ends by the clock, beside others', async () => {
    const minute = await testMinute();
    const sent: AuditRow[] = [];
    const queue = new Proxy(env.AUDIT_QUEUE, {
      get: (target, name) =>
        name === 'sendBatch'
          ? async (messages: MessageSendRequest<{ row: AuditRow }>[]) => {
              sent.push(...messages.map(({ body }) => body.row));
            }
          : Reflect.get(target, name),
    });
    const bound = { ...minute, env: { ...minute.env, AUDIT_QUEUE: queue } };
    await retain(bound);
    await trail.deliver(sent.filter(({ organizationId }) => organizationId === trail.organization));
    await retain(bound);
    expect(await trail.stateOf(DUE)).toEqual(['deleted 4', 0, 0]);
  });

  it('is ended by two runs at once as by one', async () => {
    const runs = [trail.run(), trail.run(), trail.run()];
    await Promise.all(runs.map((run) => expireYear(run, env, DUE)));
    await trail.deliver(runs.flatMap(({ waiting }) => waiting));
    const ends = await Promise.all(runs.map(() => expireYear(trail.run(), env, DUE)));
    expect(ends).toEqual(['deleted', 'deleted', 'deleted']);
    expect(await trail.eventsOfType('retention.expired')).toHaveLength(1);
    expect(codes()).toEqual([]);
  });
});

describe('a year that must stay', () => {
  it('is not due, and asking for it all the same is refused and recorded', async () => {
    expect(await trail.isDue(YOUNG)).toBe(false);
    for (const year of [YOUNG, PRESENT, PRESENT + 1]) {
      expect(await expireYear(trail.run(), env, year)).toBe('too_young');
    }
    expect(await expireYear(trail.run(), env, DUE - 1)).toBe('no_events');
    const refused = await trail.eventsOfType('retention.refused');
    expect(refused.map(({ kind, outcome, year, reason }) => [kind, outcome, year, reason])).toEqual([
      ['security', 'denied', String(YOUNG), 'too_young'],
      ['security', 'denied', String(PRESENT), 'too_young'],
      ['security', 'denied', String(PRESENT + 1), 'too_young'],
      ['security', 'denied', String(DUE - 1), 'no_events'],
    ]);
    expect(await trail.stateOf(YOUNG)).toEqual(['whole 1', 1, 1]);
  });

  it('is one that the organization’s own rule keeps for longer, also when that came after it was certified', async () => {
    await rule(7);
    expect(await trail.isDue(DUE)).toBe(false);
    expect(await expireYear(trail.run(), env, DUE)).toBe('too_young');
    await rule(6);
    const run = trail.run();
    expect(await expireYear(run, env, DUE)).toBe('waiting');
    await trail.deliver(run.waiting);
    await rule(7);
    expect(await expireYear(trail.run(), env, DUE)).toBe('too_young');
    expect(await trail.stateOf(DUE)).toEqual(['whole 4', 4, 4]);
    await rule(6);
    expect(await trail.untilOver(DUE)).toBe('deleted');
  });

  it.each(['begun', 'certified'])(
    'is one of an organization under a legal hold, also when its end was %s',
    async (state) => {
      const release = state === 'begun' ? await hold() : await certifiedThenHeld();
      expect(await expireYear(trail.run(), env, DUE)).toBe('held');
      expect(await trail.isDue(DUE)).toBe(false);
      expect(await trail.stateOf(DUE)).toEqual(['whole 4', 4, 4]);
      await release();
      expect(await trail.isDue(DUE)).toBe(true);
      expect(await trail.untilOver(DUE)).toBe('deleted');
    },
  );

  it('cannot be given a rule of less than six years', async () => {
    await expect(rule(5)).rejects.toThrow('retention_rules_years_check');
  });

  it('waits for the sweep while an event of it is in no log', async () => {
    const late = await trail.record(`${DUE}-07-01T00:00:00Z`);
    expect(await expireYear(trail.run(), env, DUE)).toBe('waiting');
    expect(await trail.stateOf(DUE)).toEqual(['whole 4', 5, 4]);
    await trail.deliver(late);
    expect(await trail.untilOver(DUE)).toBe('deleted');
    expect(await trail.stateOf(DUE)).toEqual(['deleted 5', 0, 0]);
  });

  it('is kept, and told of, when somebody deleted a row of it: that is evidence', async () => {
    await asOwner('delete from salus.audit_events where id = $1', [rows[0]?.id]);
    expect(await trail.untilOver(DUE)).toBe('disagrees');
    expect(codes()).toEqual(['retention_disagrees']);
    expect(await trail.stateOf(DUE)).toEqual(['whole 4', 3, 4]);
    expect(await trail.eventsOfType('retention.expired')).toEqual([]);
  });

  it('keeps a row that came when the year was certified already, and tells of it', async () => {
    const run = trail.run();
    await expireYear(run, env, DUE);
    await trail.deliver(run.waiting);
    const late = await trail.record(`${DUE}-07-01T00:00:00Z`);
    expect(await trail.untilOver(DUE)).toBe('disagrees');
    await trail.deliver(late);
    expect(codes()).toEqual(['retention_disagrees', 'audit_event_too_late']);
    expect(await trail.stateOf(DUE)).toEqual(['deleted 4', 1, 0]);
  });
});
