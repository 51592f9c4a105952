// What the calls of an isolate have committed, gathered for a moment and sent to the queue together: that takes less of the
// processor than if each call sent its own. The trail has the rows already. Should the isolate end meanwhile, or the call that was
// to send them, the sweep finds them (docs/decisions/0012-a-moment-together.md).
import type { AuditRow } from '@salus/audit';
import { MESSAGES_AT_MOST, sendCommitted } from './producer.ts';

/** In milliseconds: short beside the second that the queue itself gathers for. */
const MOMENT = 50;

/** Takes rows. The caller keeps what it returns alive, if anything: that call sends for those that come meanwhile. */
export type Outbox = (rows: readonly AuditRow[]) => Promise<void> | null;

export function createOutbox(queue: Queue, now: () => number): Outbox {
  let waiting: AuditRow[] = [];
  /** Which gathering this is: who comes late to send one finds that another has. */
  let gathering = 0;
  /** By when somebody will have sent this one. Who has said so may have been ended. */
  let awaitedUntil = 0;

  function send(): Promise<void> {
    const rows = waiting;
    waiting = [];
    gathering += 1;
    awaitedUntil = 0;
    return sendCommitted(queue, rows);
  }

  return (rows) => {
    if (rows.length === 0) return null;
    waiting.push(...rows);
    if (waiting.length >= MESSAGES_AT_MOST) return send();
    if (now() < awaitedUntil) return null;
    awaitedUntil = now() + 2 * MOMENT;
    const mine = gathering;
    return new Promise((resolve) => setTimeout(resolve, MOMENT)).then(() =>
      gathering === mine ? send() : undefined,
    );
  };
}
