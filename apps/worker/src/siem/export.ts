// The trail to the SIEMs of each organization, a bounded number of batches a minute. A batch is sent again until the SIEM has
// said that it took it, so each event arrives at least once, and in the order of its log; what a SIEM cannot take waits in the
// database, where it lies anyway.
import { ocsfEvent, syslogFrame } from '@salus/audit';
import {
  type HeldSiem,
  holdSiems,
  type JobRun,
  nextSiemBatch,
  organizationsToExport,
  releaseSiem,
  type SiemBatch,
  siemDelivered,
  siemFailed,
} from '@salus/db';
import { type DestinationPolicy, OutgoingError } from '@salus/outgoing';
import type { DestinationKind } from '@salus/schema';
import { asJob, type Minute } from '../minute.ts';
import { backoff, randomFraction } from '../outgoing/backoff.ts';
import { deliver, jsonLines, type Message, policyOf } from '../outgoing/deliver.ts';
import { report } from '../report.ts';

/** Of each SIEM in a minute: what is left waits for the next, so that one that was away does not take all of it. */
const BATCHES_AT_MOST = 10;

/** @throws DatabaseError when it is not known whose turn it is */
export async function exportToSiems(minute: Minute): Promise<void> {
  const { configuration, database } = minute.isolate;
  const policy = policyOf(configuration);
  const hostname = configuration.LOG_ORIGIN.replace(/:\d+$/, '');
  for (const organization of await organizationsToExport(database)) {
    await asJob(minute, 'siem_export', organization, async (run) => {
      for (const held of await holdSiems(run)) await exportTo(run, held, { policy, hostname });
    });
  }
}

interface Way {
  readonly policy: DestinationPolicy;
  /** Of this deployment. */
  readonly hostname: string;
}

/** A SIEM that fails keeps no other back. @throws DatabaseError, KeyError */
async function exportTo(run: JobRun, first: HeldSiem, way: Way): Promise<void> {
  let held = first;
  let batch = await nextSiemBatch(run, held);
  for (let sent = 0; batch !== null && sent < BATCHES_AT_MOST; sent++) {
    try {
      await deliver(held.destination, messageOf(held, batch, way.hostname), way.policy);
    } catch (error) {
      if (!(error instanceof OutgoingError)) throw error;
      report(run.requestId, { code: `siem_${error.code}`, error: error.name });
      await siemFailed(run, held, Math.max(error.retryAfter, backoff(held.failures, randomFraction())));
      return;
    }
    const delivered = await siemDelivered(run, held, batch);
    if (!delivered) return;
    ({ held, next: batch } = delivered);
  }
  await releaseSiem(run, held);
}

function messageOf({ destination }: HeldSiem, { year, index, events }: SiemBatch, hostname: string): Message {
  const id = `${destination.id}.${year}.${index}.${events.length}`;
  return { id, ...contentOf(destination.kind, events, hostname) };
}

function contentOf(
  kind: DestinationKind,
  events: SiemBatch['events'],
  hostname: string,
): Pick<Message, 'type' | 'body'> {
  if (kind === 'ocsf') return { type: 'application/x-ndjson', body: jsonLines(events.map(ocsfEvent)) };
  const frames = events.map((event) => syslogFrame(event, hostname));
  return { type: 'application/octet-stream', body: joined(frames) };
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
