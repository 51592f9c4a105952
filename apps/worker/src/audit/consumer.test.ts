// From a batch of the queue to the log and to the database: the real Durable Object, the real PostgreSQL.
import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runDurableObjectAlarm,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type AuditRow, yearOf } from '@salus/audit';
import { verifierKeyOf, verifyLog } from '@salus/audit/log';
import { fromBase64 } from '@salus/crypto';
import { connect } from '@salus/db';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { consumeAuditBatch } from './consumer.ts';
import { auditMessage, messageOf } from './message.ts';
import { asOwner, newOrganization, recordEvents, recordedLeaves } from './test-trail.ts';

const { endpoint, appUrl } = inject('database');
const database = connect({ url: appUrl, endpoint });
const unreachable = connect({ url: appUrl.replace('of-tests-only', 'wrong'), endpoint });
const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
const codes = () => reported.mock.calls.map(([line]) => JSON.parse(line).code);
let organization: string;

beforeEach(async () => {
  organization = await newOrganization();
});

afterEach(() => {
  reported.mockClear();
});

interface Sent {
  readonly body: unknown;
  readonly attempts?: number;
}

/** Which messages were acknowledged and which come again, by their place in the batch. */
async function consume(
  sent: readonly Sent[],
  db = database,
): Promise<{ acked: number[]; retried: number[] }> {
  const batch = createMessageBatch(
    'salus-audit',
    sent.map(({ body, attempts = 1 }, at) => ({ id: String(at), timestamp: 0, attempts, body })),
  );
  await consumeAuditBatch(batch, { database: db, auditLog: env.AUDIT_LOG });
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
  return {
    acked: explicitAcks.map(Number).toSorted(),
    retried: retryMessages.map(({ msgId }) => Number(msgId)).toSorted(),
  };
}

async function messagesOf(rows: readonly AuditRow[]): Promise<Sent[]> {
  return Promise.all(rows.map(async (row) => ({ body: (await messageOf(row)).message })));
}

async function publishedCheckpoint(year: number): Promise<string> {
  const note = await env.LOG.get(`log/${organization}/${year}/checkpoint`);
  return (await note?.text()) ?? '';
}

async function publishedEntries(year: number): Promise<string[]> {
  const prefix = `log/${organization}/${year}`;
  await runDurableObjectAlarm(env.AUDIT_LOG.getByName(`${organization}/${year}`));
  const verifierKey = await verifierKeyOf(`${env.LOG_ORIGIN}/${prefix}`, fromBase64(env.LOG_SIGNING_KEY));
  const entries: string[] = [];
  const verdict = await verifyLog({
    async read(path) {
      const object = await env.LOG.get(`${prefix}/${path}`);
      return object && new Uint8Array(await object.arrayBuffer());
    },
    verifierKey,
    onEntry: (entry) => entries.push(new TextDecoder().decode(entry)),
  });
  expect(verdict.ok).toBe(true);
  return entries;
}

describe('a batch', () => {
  it('is in the log and in the database before it is acknowledged', async () => {
    const rows = await recordEvents(organization, [{}, {}, { details: '{"rows":1}' }]);
    expect(await consume(await messagesOf(rows))).toStrictEqual({ acked: [0, 1, 2], retried: [] });
    const [year = 0] = rows.map(yearOf);
    expect(await recordedLeaves(organization)).toStrictEqual(
      new Map(rows.map(({ id }, at) => [id, `${year}/${at}`])),
    );
    const entries = await publishedEntries(year);
    expect(entries.map((entry) => JSON.parse(entry))).toStrictEqual(rows);
  });

  it('changes nothing when it comes again, in another order', async () => {
    const messages = await messagesOf(await recordEvents(organization, [{}, {}, {}]));
    await consume(messages);
    const before = await recordedLeaves(organization);
    expect(await consume([...messages.toReversed(), ...messages])).toStrictEqual({
      acked: [0, 1, 2, 3, 4, 5],
      retried: [],
    });
    expect(await recordedLeaves(organization)).toStrictEqual(before);
    expect(codes()).toStrictEqual([]);
  });

  it('goes to the log of each organization and each year', async () => {
    const other = await newOrganization();
    const rows = await recordEvents(organization, [
      { recordedAt: '2025-12-31T23:59:59.999999Z' },
      { recordedAt: '2026-01-01T00:00:00Z' },
    ]);
    const others = await recordEvents(other, [{ recordedAt: '2026-06-01T00:00:00Z' }]);
    expect((await consume(await messagesOf([...rows, ...others]))).acked).toStrictEqual([0, 1, 2]);
    expect([...(await recordedLeaves(organization)).values()].toSorted()).toStrictEqual(['2025/0', '2026/0']);
    expect([...(await recordedLeaves(other)).values()]).toStrictEqual(['2026/0']);
    expect(await publishedEntries(2025)).toHaveLength(1);
    expect(await publishedEntries(2026)).toHaveLength(1);
  });
});

describe('a message that is none of ours', () => {
  it.each([
    ['nothing', null],
    ['text', 'event'],
    ['another version', { v: 2, row: {} }],
    ['no row', { v: 1 }],
  ])('%s comes again until it is a dead letter, and its neighbours are logged', async (_, body) => {
    const messages = await messagesOf(await recordEvents(organization, [{}, {}]));
    expect(await consume([...messages.slice(0, 1), { body }, ...messages.slice(1)])).toStrictEqual({
      acked: [0, 2],
      retried: [1],
    });
    expect(codes()).toStrictEqual(['audit_message_unreadable']);
    expect(await recordedLeaves(organization)).toHaveProperty('size', 2);
  });

  it('a row that has a key too many, lacks one, or that no leaf can be made of, as well', async () => {
    const [row] = await recordEvents(organization, [{}]);
    const { details: _, ...without } = row ?? {};
    const bodies = [
      { v: 1, row: { ...row, more: 1 } },
      { v: 1, row: without },
      { v: 1, row: { ...row, details: 'x'.repeat(70_000) } },
      { v: 1, row, more: 1 },
    ];
    expect(await consume(bodies.map((body) => ({ body })))).toStrictEqual({
      acked: [],
      retried: [0, 1, 2, 3],
    });
    expect(await recordedLeaves(organization)).toHaveProperty('size', 0);
  });

  it('never says in the operational log what it held', async () => {
    await consume([{ body: { v: 1, row: { ssn: 'canary-123-45-6789' } } }]);
    expect(reported).toHaveBeenCalledOnce();
    expect(JSON.stringify(reported.mock.calls)).not.toContain('canary');
  });
});

describe('when something fails', () => {
  it('nothing is acknowledged that the database did not hear of, and later everything stands where the log put it', async () => {
    const rows = await recordEvents(organization, [{}, {}]);
    const messages = await messagesOf(rows);
    expect(await consume(messages, unreachable)).toStrictEqual({ acked: [], retried: [0, 1] });
    expect(await recordedLeaves(organization)).toHaveProperty('size', 0);
    const [year = 0] = rows.map(yearOf);
    expect((await consume(messages.toReversed())).acked).toStrictEqual([0, 1]);
    expect(await recordedLeaves(organization)).toStrictEqual(
      new Map(rows.map(({ id }, at) => [id, `${year}/${at}`])),
    );
    expect(await publishedEntries(year)).toHaveLength(2);
  });

  it('one organization does not keep another back', async () => {
    const nobody = crypto.randomUUID();
    const [row] = await recordEvents(organization, [{}]);
    const foreign = { v: 1, row: { ...row, id: crypto.randomUUID(), organizationId: nobody } };
    const messages = row ? await messagesOf([row]) : [];
    expect(await consume([{ body: foreign }, ...messages])).toStrictEqual({ acked: [1], retried: [0] });
  });

  it('an event whose place the database contradicts keeps its neighbours back three times and no more', async () => {
    const rows = await recordEvents(organization, [{}, {}, {}]);
    const [, wrong] = rows;
    await asOwner(
      'insert into salus.audit_leaves (organization_id, year, index, event_id) values ($1, 2026, 999, $2)',
      [organization, wrong?.id],
    );
    const messages = await messagesOf(rows);
    const attempt = (attempts: number) => consume(messages.map((message) => ({ ...message, attempts })));
    expect(await attempt(3)).toStrictEqual({ acked: [], retried: [0, 1, 2] });
    expect(await attempt(4)).toStrictEqual({ acked: [0, 2], retried: [1] });
  });
});

describe('an event of a year whose retention has ended', () => {
  it('founds no new log: it comes again until it is a dead letter, is told of, and keeps no other back', async () => {
    const [logged, late, today] = await recordEvents(organization, [
      { recordedAt: '2018-03-01T00:00:00Z' },
      { recordedAt: '2018-04-01T00:00:00Z' },
      {},
    ]);
    if (!logged || !late || !today) throw new Error('no events');
    await consume(await messagesOf([logged]));
    const log = env.AUDIT_LOG.getByName(`${organization}/2018`);
    for (const end of ['close', 'clear'] as const) {
      await log[end](organization, 2018);
      expect(await consume(await messagesOf([late, today]))).toStrictEqual({ acked: [1], retried: [0] });
    }
    expect(codes()).toStrictEqual(['audit_event_too_late', 'audit_event_too_late']);
    expect((await recordedLeaves(organization)).has(late.id)).toBe(false);
    expect(await publishedCheckpoint(2018)).toContain('\n1\n');
  });
});

describe('somebody who changed a row of the trail', () => {
  /** What the trail says of it, as often as it says so. */
  const told = async () =>
    (
      await asOwner(
        `select resource_id, kind, outcome, details->>'reason' as reason from salus.audit_events
          where organization_id = $1 and type = 'audit_event.contradicted' order by recorded_at`,
        [organization],
      )
    ).map(({ resource_id, kind, outcome, reason }) => [resource_id, kind, outcome, reason]);

  it('before it was consumed: the log has what was committed, and the trail says that it was changed, once', async () => {
    const [row] = await recordEvents(organization, [{ details: '{"reason":"true"}' }]);
    const messages = row ? await messagesOf([row]) : [];
    await asOwner(`update salus.audit_events set details = '{"reason":"false"}' where organization_id = $1`, [
      organization,
    ]);
    for (let time = 0; time < 2; time++) {
      expect((await consume(messages)).acked).toStrictEqual([0]);
      expect(await told()).toStrictEqual([[row?.id, 'security', 'failed', 'row_changed']]);
    }
    expect(codes()).toStrictEqual(['audit_contradiction', 'audit_contradiction']);
    const [entry = ''] = await publishedEntries(row ? yearOf(row) : 0);
    expect(JSON.parse(entry).details).toStrictEqual({ reason: 'true' });
  });

  it('or deleted it before it was consumed', async () => {
    const [row] = await recordEvents(organization, [{}]);
    const messages = row ? await messagesOf([row]) : [];
    await asOwner('delete from salus.audit_events where organization_id = $1', [organization]);
    await consume(messages);
    expect(await told()).toStrictEqual([[row?.id, 'security', 'failed', 'row_missing']]);
  });

  it('or replaced its large values by exactly their hash, which makes the same leaf', async () => {
    const changes = JSON.stringify({ name: { new: 'x'.repeat(70_000) } });
    const rows = await recordEvents(organization, [{ changes }, { changes }]);
    const messages = await messagesOf(rows);
    const hashed = auditMessage.parse(messages[0]?.body).row.changes;
    await asOwner('update salus.audit_events set changes = $2::jsonb where id = $1', [
      rows[0]?.id,
      JSON.stringify(hashed),
    ]);
    await consume(messages);
    expect(await told()).toStrictEqual([[rows[0]?.id, 'security', 'failed', 'row_changed']]);
  });

  it('after it was logged, and has it sent again: it is told of, and the log keeps what it has', async () => {
    const [row] = await recordEvents(organization, [{ details: '{"reason":"true"}' }]);
    if (!row) throw new Error('no event');
    await consume(await messagesOf([row]));
    const changed = await messagesOf([{ ...row, details: { reason: 'false' } }]);
    expect((await consume(changed)).acked).toStrictEqual([0]);
    expect(codes()).toStrictEqual(['audit_contradiction']);
    expect(await told()).toStrictEqual([[row.id, 'security', 'failed', 'logged_otherwise']]);
    const [entry = '', ...more] = await publishedEntries(yearOf(row));
    expect(JSON.parse(entry).details).toStrictEqual({ reason: 'true' });
    expect(more).toStrictEqual([]);
  });

  it('is told apart from nobody: rows of every form are what their leaves say', async () => {
    const rows = await recordEvents(organization, [
      {},
      { details: '{"b":1.50,"a":[1e3,0.1,null,"é"]}', changes: 'null' },
      { changes: '{"name":{"old":null,"new":"AQ=="}}' },
      { changes: JSON.stringify({ name: { new: 'x'.repeat(70_000) } }) },
    ]);
    await consume(await messagesOf(rows));
    expect(await told()).toStrictEqual([]);
    expect(codes()).toStrictEqual([]);
  });
});
