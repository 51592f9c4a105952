// The audit trail: for the privacy officer all of it, for a patient who opened their record.
import { plainWordsOf } from '@salus/audit';
import { LogError } from '@salus/audit/log';
import { type Access, readAccessLog, readLoggedEvent, searchAuditEvents } from '@salus/db';
import {
  type AccessLogEntry,
  type AuditProof,
  accessLogEntry,
  auditEventId,
  auditProof,
  auditSearch,
  disclosedAuditEvent,
  pageOf,
  pageRequest,
  provenAccess,
  type UserId,
} from '@salus/schema';
import * as z from 'zod';
import type { Context, Services } from '../context.ts';
import { ApiError, nameOf } from '../errors.ts';
import { phi } from '../procedures/phi.ts';
import { proofOf, readOnce } from '../published-proof.ts';
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

/** Who opened the caller's own record, when, why and in which role. Each reading is an event that stands there too. */
export const accessLog = t.router({
  /** The newest first. */
  list: phi({
    resource: 'audit_event',
    action: 'list',
    roundTrips: 1,
    input: pageRequest,
    output: pageOf(accessLogEntry),
  }).query(async ({ call, grant, input }) => {
    const page = await readAccessLog(call, grant, 'audit_event.list', input);
    return page.derive(async ({ items, nextCursor }) => ({
      items: items.map((access) => inPlainWords(access, grant.subject)),
      nextCursor,
    }));
  }),

  /** The same, each with its proof, to be kept and verified by anybody, without asking here again. */
  download: phi({
    resource: 'audit_event',
    action: 'read',
    roundTrips: 1,
    input: pageRequest,
    output: pageOf(provenAccess),
  }).query(async ({ call, grant, input, services, report }) => {
    const page = await readAccessLog(call, grant, 'audit_event.read', input);
    const publishedLog = readOnce(services.publishedLog);
    return page.derive(async ({ items, nextCursor }) => ({
      items: await Promise.all(
        items.map(async (access) => ({
          entry: inPlainWords(access, grant.subject),
          proof: await proofIfPublished(access, publishedLog, report),
        })),
      ),
      nextCursor,
    }));
  }),
});

function inPlainWords({ row, actorName }: Access, reader: { readonly userId: UserId }): AccessLogEntry {
  const byReader = row.actorId === reader.userId;
  return accessLogEntry.parse({
    id: row.id,
    at: new Date(row.recordedAt).toISOString(),
    ...plainWordsOf({ ...row, actorName, byReader }),
  });
}

async function proofIfPublished(
  { row, leaf }: Access,
  publishedLog: Services['publishedLog'],
  report: Context['report'],
): Promise<AuditProof | null> {
  if (leaf === null) return null;
  try {
    return await proofOf({ row, ...leaf }, { publishedLog });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'unavailable') return null;
    if (!(error instanceof LogError)) throw error;
    // Somebody has damaged a file of the log. Of the other events there are proofs all the same.
    report({ code: 'proof_not_made', error: nameOf(error) });
    return null;
  }
}
