// Rows without a leaf find their way to the queue, whatever is among them. The queue is miniflare's, which keeps to the limits
// of the real one.
import { createMessageBatch } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { leafOf } from '@salus/audit';
import { connect } from '@salus/db';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { consumeAuditBatch } from './consumer.ts';
import { auditMessage } from './message.ts';
import { sendToQueue } from './producer.ts';
import { sweepAuditTrail } from './sweep.ts';
import { heardQueue, rowsOf } from './test-queue.ts';
import { asOwner, newOrganization, recordEvents, recordedLeaves } from './test-trail.ts';

const { endpoint, appUrl } = inject('database');
const database = connect({ url: appUrl, endpoint });
const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
const codes = () => reported.mock.calls.map(([line]) => JSON.parse(line).code);
let organization: string;

beforeEach(async () => {
  organization = await newOrganization();
});

afterEach(() => {
  reported.mockClear();
});

describe('rows on their way to the queue', () => {
  it('go in batches that it takes, each with the leaf’s own content', async () => {
    const large = JSON.stringify({ name: { new: 'x'.repeat(50_000) } });
    const tooLarge = JSON.stringify({ name: { new: 'x'.repeat(150_000) } });
    const rows = await recordEvents(organization, [
      ...Array(230).fill({}),
      ...Array(7).fill({ changes: large }),
      { changes: tooLarge },
    ]);
    const { queue, batches } = heardQueue();
    await sendToQueue(queue, rows);
    expect(batches.every((batch) => batch.length <= 100)).toBe(true);
    expect(batches.every((batch) => JSON.stringify(batch).length <= 256_000)).toBe(true);
    const sent = rowsOf(batches);
    expect(sent.slice(0, 237)).toStrictEqual(rows.slice(0, 237));
    expect(sent[237]?.changes).toStrictEqual({ sha256: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) });
    expect(await Promise.all(sent.map(leafOf))).toStrictEqual(await Promise.all(rows.map(leafOf)));
  });

  it('go without the one that no leaf can be made of, which is told of', async () => {
    const rows = await recordEvents(organization, [{}, { details: JSON.stringify('x'.repeat(70_000)) }, {}]);
    const { queue, batches } = heardQueue();
    await sendToQueue(queue, rows);
    expect(rowsOf(batches).map(({ id }) => id)).toStrictEqual([rows[0]?.id, rows[2]?.id]);
    expect(codes()).toStrictEqual(['audit_row_without_leaf']);
  });

  it('are none when there is nothing to send', async () => {
    const { queue, batches } = heardQueue();
    await sendToQueue(queue, []);
    expect(batches).toStrictEqual([]);
  });
});

describe('the sweep', () => {
  const sweep = async () => {
    const { queue, batches } = heardQueue();
    await sweepAuditTrail({ database, queue });
    const bodies = batches.flat();
    return bodies.filter((body) => auditMessage.parse(body).row.organizationId === organization);
  };

  const deliver = (bodies: readonly unknown[]) =>
    consumeAuditBatch(
      createMessageBatch(
        'salus-audit',
        bodies.map((body, at) => ({ id: String(at), timestamp: 0, attempts: 1, body })),
      ),
      { database, auditLog: env.AUDIT_LOG },
    );

  it('finds what its own call did not deliver, until it is in the log', async () => {
    const ago = new Date(Date.now() - 120_000).toISOString();
    const rows = await recordEvents(organization, Array(130).fill({ recordedAt: ago }));
    const first = await sweep();
    expect(first).toHaveLength(130);
    await deliver(first.slice(0, 100));
    const second = await sweep();
    expect(second).toHaveLength(30);
    await deliver(second);
    expect(await sweep()).toStrictEqual([]);
    expect(new Set((await recordedLeaves(organization)).keys())).toStrictEqual(
      new Set(rows.map(({ id }) => id)),
    );
  });

  it('finds an event of years ago that came to be without a leaf when all after it had theirs', async () => {
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    await recordEvents(organization, [{ recordedAt: ago(3) }, { recordedAt: ago(2) }]);
    await deliver(await sweep());
    expect(await sweep()).toStrictEqual([]);
    const [row] = await recordEvents(organization, [{ recordedAt: ago(3 * 365 * 24) }]);
    const found = [];
    // The second look goes round the whole trail, and the trail of these tests is a few slices.
    for (let minutes = 0; minutes < 5 && found.length === 0; minutes += 1) found.push(...(await sweep()));
    expect(found.map((body) => auditMessage.parse(body).row.id)).toStrictEqual([row?.id]);
    await deliver(found);
    for (let minutes = 0; minutes < 5; minutes += 1) expect(await sweep()).toStrictEqual([]);
  });

  it('leaves a minute to the call itself', async () => {
    await recordEvents(organization, [{}]);
    expect(await sweep()).toStrictEqual([]);
  });

  it('is not stopped by rows that no leaf can be made of, tells of them once, and leaves them for a day', async () => {
    const ago = new Date(Date.now() - 120_000).toISOString();
    const [tooLarge, noNumber, good] = await recordEvents(organization, [
      { recordedAt: ago, details: JSON.stringify('x'.repeat(70_000)) },
      { recordedAt: ago, details: '1e400' },
      { recordedAt: ago, details: '{"__proto__":1}' },
    ]);
    await asOwner(
      `update salus.audit_events set request_id = '00000000-0000-0000-0000-00000000000f' where id = $1`,
      [noNumber?.id],
    );
    expect(await sweep()).toHaveLength(1);
    expect(codes()).toStrictEqual(['audit_row_malformed', 'audit_row_without_leaf']);
    expect(await sweep()).toHaveLength(1);
    expect(codes()).toHaveLength(2);
    const told = await asOwner(
      `select resource_id, kind from salus.audit_events where organization_id = $1 and type = 'audit_event.unloggable'`,
      [organization],
    );
    expect(new Map(told.map(({ resource_id, kind }) => [resource_id, kind]))).toStrictEqual(
      new Map([tooLarge?.id, noNumber?.id].map((id) => [id, 'security'])),
    );
    expect(told).toHaveLength(2);
    // A day later they are looked at again: somebody may have mended what was wrong with them.
    await asOwner(`update salus.unloggable_events set noted_at = noted_at - interval '25 hours'`);
    await asOwner(`update salus.audit_events set details = null where id = $1`, [tooLarge?.id]);
    const ids = (await sweep()).map((body) => auditMessage.parse(body).row.id);
    expect(new Set(ids)).toStrictEqual(new Set([tooLarge?.id, good?.id]));
  });

  it('comes to what is behind 600 rows that no leaf can be made of, in one run', async () => {
    await asOwner(
      `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, request_id, details)
       select $1, now() - interval '1 hour' + n * interval '1 microsecond', 'phi_access', 'patient.read', 'success',
              gen_random_uuid(), to_jsonb(repeat('x', 70000)) from generate_series(1, 600) n`,
      [organization],
    );
    const ago = new Date(Date.now() - 120_000).toISOString();
    const [row] = await recordEvents(organization, [{ recordedAt: ago }]);
    const bodies = await sweep();
    expect(bodies.map((body) => auditMessage.parse(body).row.id)).toStrictEqual([row?.id]);
    await asOwner('delete from salus.audit_events where organization_id = $1', [organization]);
  });
});
