// Dead letters as the queue brings them, on the real PostgreSQL.
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { connect, createKeyring, PLATFORM } from '@salus/db';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { consumeDeadLetters } from './dead-letters.ts';
import { messageOf } from './message.ts';
import { asOwner, newOrganization, recordEvents } from './test-trail.ts';

const { endpoint, appUrl } = inject('database');
const database = connect({ url: appUrl, endpoint });
const unreachable = connect({ url: appUrl.replace('of-tests-only', 'wrong'), endpoint });
const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
const codes = () => reported.mock.calls.map(([line]) => JSON.parse(line).code);
const providers = {
  get first(): never {
    throw new Error('nothing is sealed here');
  },
  of(): never {
    throw new Error('nothing is opened here');
  },
};
let organization: string;

beforeEach(async () => {
  organization = await newOrganization();
  await asOwner(`delete from salus.audit_events where type = 'audit.dead_letter'`);
});
afterEach(() => {
  reported.mockClear();
});

async function consume(
  bodies: readonly unknown[],
  db = database,
): Promise<{ acked: number; retried: number }> {
  const batch = createMessageBatch(
    'salus-audit-dead-letter',
    bodies.map((body, at) => ({ id: String(at), timestamp: new Date(), attempts: 1, body })),
  );
  const keyring = createKeyring(db, providers, Date.now);
  await consumeDeadLetters(batch, { database: db, keyring, queue: env.AUDIT_QUEUE });
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
  return { acked: explicitAcks.length, retried: retryMessages.length };
}

async function letters(of: string): Promise<unknown[]> {
  const rows = await asOwner(
    `select kind, outcome, actor_role, details from salus.audit_events
      where type = 'audit.dead_letter' and organization_id = $1`,
    [of],
  );
  return rows.map(({ details, ...row }) => ({ ...row, details: JSON.parse(details ?? 'null') }));
}

async function message(): Promise<unknown> {
  const [row] = await recordEvents(organization, [{}]);
  return row && (await messageOf(row)).message;
}

describe('dead letters', () => {
  it('are told of in the trail of their organization, and to the operator', async () => {
    expect(await consume([await message(), await message()])).toStrictEqual({ acked: 2, retried: 0 });
    expect(await letters(organization)).toStrictEqual([
      {
        kind: 'security',
        outcome: 'failed',
        actor_role: 'job.alert',
        details: { reason: 'not_logged', count: 2 },
      },
    ]);
    expect(codes()).toStrictEqual(['audit_dead_letter']);
  });

  it('that are no message of this release, or name an organization that there is not, are the platform’s', async () => {
    await consume([{ v: 2, row: {} }]);
    expect(await letters(PLATFORM)).toMatchObject([{ details: { reason: 'unreadable', count: 1 } }]);
    await asOwner(`delete from salus.audit_events where type = 'audit.dead_letter'`);
    const [row] = await recordEvents(organization, [{}]);
    const foreign = row && (await messageOf({ ...row, organizationId: crypto.randomUUID() })).message;
    expect(await consume([foreign])).toStrictEqual({ acked: 1, retried: 0 });
    expect(await letters(PLATFORM)).toMatchObject([{ details: { reason: 'not_logged', count: 1 } }]);
  });

  it('leave one event an hour, so that they do not feed on themselves where a log has stopped', async () => {
    for (let at = 0; at < 3; at++) await consume([await message()]);
    expect(await letters(organization)).toHaveLength(1);
    expect(codes()).toStrictEqual(['audit_dead_letter', 'audit_dead_letter', 'audit_dead_letter']);
    await asOwner(
      `update salus.audit_events set recorded_at = recorded_at - interval '61 minutes' where type = 'audit.dead_letter'`,
    );
    await consume([await message()]);
    expect(await letters(organization)).toHaveLength(2);
  });

  it('come again as long as the trail cannot say so', async () => {
    expect(await consume([await message()], unreachable)).toStrictEqual({ acked: 0, retried: 1 });
    expect(codes()).toStrictEqual(['audit_dead_letter', 'dead_letter_not_recorded']);
    expect(await letters(organization)).toStrictEqual([]);
  });

  it('are not quoted', async () => {
    await consume([{ v: 1, row: { ssn: 'canary-123-45-6789' } }]);
    expect(JSON.stringify([reported.mock.calls, await letters(PLATFORM)])).not.toContain('canary');
  });
});
