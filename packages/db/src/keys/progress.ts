// How a job goes through many records: batch by batch, each a committed transaction, in the order of what it walks along.
// Jobs are generators, so that whoever runs one sees how far it is and may stop after any batch.
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Records that did not open, were left as they are, and have an event that says so. */
  readonly failed: number;
}

/** What one transaction has come to. */
export interface Batch<Position> {
  readonly done: number;
  readonly failed: number;
  /** The last record that was looked at. */
  readonly last: Position;
}

export interface JobOptions {
  /** Records in one transaction. */
  readonly batch: number;
}

/** Before every id. */
export const START = '00000000-0000-0000-0000-000000000000';

/** @param next does the batch after a position; null when there is nothing after it */
export async function* inBatches<Position>(
  total: number,
  start: Position,
  next: (after: Position) => Promise<Batch<Position> | null>,
): AsyncGenerator<Progress> {
  let progress: Progress = { done: 0, total, failed: 0 };
  yield progress;
  for (let batch = await next(start); batch; batch = await next(batch.last)) {
    progress = { total, done: progress.done + batch.done, failed: progress.failed + batch.failed };
    yield progress;
  }
}
