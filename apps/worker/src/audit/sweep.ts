// By the clock: events that have no leaf, because the Worker ended between their commit and the queue, or because the queue
// lost them, are sent again. The trail in the database is the truth; nothing depends on what a queue keeps.
import { type Database, eventsWithoutLeaf } from '@salus/db';
import { sendToQueue } from './producer.ts';

/** Old enough that their own call and its retries have had their time, in seconds. */
const AGE = 60;
const AT_ONCE = 500;

/** @throws DatabaseError, and what the queue throws: the next run tries again */
export async function sweepAuditTrail({
  database,
  queue,
}: {
  readonly database: Database;
  readonly queue: Queue;
}): Promise<void> {
  await sendToQueue(queue, await eventsWithoutLeaf(database, AGE, AT_ONCE));
}
