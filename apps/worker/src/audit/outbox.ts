// What the calls of an isolate have committed, gathered for a moment: one message to the queue for many calls, where to send
// it takes longer than to write it. The trail has the rows already: should the isolate end meanwhile, the sweep finds them.
import type { AuditRow } from '@salus/audit';
import { MESSAGES_AT_MOST, sendCommitted } from './producer.ts';

/** In milliseconds: short beside the second that the queue itself gathers for. */
const MOMENT = 50;

/** Takes rows. The caller keeps what it returns alive, if anything: that call sends for those that come meanwhile. */
export type Outbox = (rows: readonly AuditRow[]) => Promise<void> | null;

export function createOutbox(queue: Queue): Outbox {
  let waiting: AuditRow[] = [];
  let isAwaited = false;

  function send(): Promise<void> {
    const rows = waiting;
    waiting = [];
    isAwaited = false;
    return sendCommitted(queue, null, rows);
  }

  return (rows) => {
    waiting.push(...rows);
    // Whether or not somebody is to send them: who has said so may have been ended.
    if (waiting.length >= MESSAGES_AT_MOST) return send();
    if (isAwaited) return null;
    isAwaited = true;
    return new Promise((resolve) => setTimeout(resolve, MOMENT)).then(send);
  };
}
