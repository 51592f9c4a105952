// The audit trail, for the privacy officer.
import { leafOf } from '@salus/audit';
import { LogError, makeTlogProof } from '@salus/audit/log';
import { type LoggedEvent, readLoggedEvent, searchAuditEvents } from '@salus/db';
import {
  type AuditProof,
  auditEventId,
  auditProof,
  auditSearch,
  disclosedAuditEvent,
  pageOf,
} from '@salus/schema';
import { z } from 'zod';
import type { PublishedLog, Services } from '../context.ts';
import { ApiError } from '../errors.ts';
import { phi } from '../procedures/phi.ts';
import { t } from '../trpc.ts';

export const audit = t.router({
  /** Who did what to which record, when, why and with what outcome: the newest first. */
  search: phi({
    resource: 'audit_event',
    action: 'search',
    roundTrips: 1,
    input: auditSearch,
    output: pageOf(disclosedAuditEvent),
  }).query(({ call, grant, input }) => searchAuditEvents(call, grant, input)),

  /** Proof that an event is in the log. The events of the last seconds may not be published yet. */
  proof: phi({
    resource: 'audit_event',
    action: 'read',
    roundTrips: 1,
    input: z.strictObject({ eventId: auditEventId }),
    output: auditProof,
  }).query(async ({ call, grant, input, services }) => {
    const logged = await readLoggedEvent(call, grant, input.eventId);
    return logged.derive((event) => proofOf(event, services));
  }),
});

async function proofOf({ row, year, index }: LoggedEvent, { publishedLog }: Services): Promise<AuditProof> {
  const log = await publishedLog(row.organizationId, year);
  const decoder = new TextDecoder();
  const { proof, verifierKey } = await publishedProof(log, index);
  return { leaf: decoder.decode(await leafOf(row)), proof: decoder.decode(proof), verifierKey };
}

/** By the present key where the checkpoint has its signature: a log that changes its key is signed by both in the end. */
async function publishedProof(
  { read, verifierKeys }: PublishedLog,
  index: number,
): Promise<{ proof: Uint8Array; verifierKey: string }> {
  for (const [at, verifierKey] of verifierKeys.entries()) {
    try {
      return { proof: await makeTlogProof({ read, verifierKey, index }), verifierKey };
    } catch (error) {
      const isLast = at === verifierKeys.length - 1;
      if (!isLast && error instanceof LogError && error.code === 'note_unsigned') continue;
      throw isUnpublished(error) ? new ApiError('unavailable') : error;
    }
  }
  throw new ApiError('unavailable');
}

/** Numbered, and not in a checkpoint yet: a second later it is. */
function isUnpublished(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof LogError && error.code === 'checkpoint_missing');
}
