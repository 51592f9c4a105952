// Committed audit rows on their way to the queue, in pieces that it takes: at most 100 messages and 256,000 bytes at once.
import type { AuditRow } from '@salus/audit';
import { problemOf, report } from '../report.ts';
import { messageOf, type SizedMessage } from './message.ts';

export const MESSAGES_AT_MOST = 100;
/** Below the queue's own limit, which counts some bytes of each message for itself. */
const BYTES_AT_MOST = 200_000;

/**
 * Sends what it can. A row that no leaf can be made of is told of and passed over, so that it does not keep others back.
 * @returns the ids of such rows
 * @throws what the queue throws; rows that were not sent have no leaf, and the sweep finds them
 */
export async function sendToQueue(queue: Queue, rows: readonly AuditRow[]): Promise<string[]> {
  const messages: SizedMessage[] = [];
  const unloggable: string[] = [];
  for (const row of rows) {
    try {
      messages.push(await messageOf(row));
    } catch (error) {
      report(null, problemOf('audit_row_without_leaf', error));
      unloggable.push(row.id);
    }
  }
  for (const piece of pieces(messages)) {
    await queue.sendBatch(piece.map(({ message }) => ({ body: message, contentType: 'json' })));
  }
  return unloggable;
}

/** Sends rows that a transaction has committed. What does not reach the queue is found by the sweep: it has no leaf. */
export async function sendCommitted(queue: Queue, rows: readonly AuditRow[]): Promise<void> {
  try {
    await sendToQueue(queue, rows);
  } catch (error) {
    const requests = new Set(rows.map(({ requestId }) => requestId));
    for (const requestId of requests) report(requestId, problemOf('audit_not_queued', error));
  }
}

function pieces(messages: readonly SizedMessage[]): SizedMessage[][] {
  const list: SizedMessage[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const sized of messages) {
    const piece = list.at(-1);
    if (piece && piece.length < MESSAGES_AT_MOST && size + sized.bytes <= BYTES_AT_MOST) {
      piece.push(sized);
      size += sized.bytes;
    } else {
      list.push([sized]);
      size = sized.bytes;
    }
  }
  return list;
}
