// By the clock: events that have no leaf, because the Worker ended between their commit and the queue, or because the queue
// lost them, are sent again. The trail in the database is the truth; nothing depends on what a queue keeps.
import { type Database, type EventPosition, eventsWithoutLeaf, setAsideEvents } from '@salus/db';
import { problemOf, report } from '../report.ts';
import { sendToQueue } from './producer.ts';

/** Old enough that their own call and its retries have had their time, in seconds. */
const AGE = 60;
const AT_ONCE = 500;
/** What is left after so many waits for the next minute. */
const PAGES_AT_MOST = 10;

/** @throws DatabaseError, and what the queue throws: the next run tries again */
export async function sweepAuditTrail({
  database,
  queue,
}: {
  readonly database: Database;
  readonly queue: Queue;
}): Promise<void> {
  let after: EventPosition | null = null;
  for (let pages = 0; pages < PAGES_AT_MOST; pages += 1) {
    const page = await eventsWithoutLeaf(database, { seconds: AGE, after, atMost: AT_ONCE });
    for (const _ of page.malformed) report(null, problemOf('audit_row_malformed', null));
    const aside = [...page.malformed, ...(await sendToQueue(queue, page.rows))];
    // They would stand in front of the others each time, for ever.
    if (aside.length > 0) await setAsideEvents(database, aside);
    if (page.next === null) return;
    after = page.next;
  }
}
