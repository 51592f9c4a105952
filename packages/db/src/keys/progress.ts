// How a job goes through many records: batch by batch, each a committed transaction, in the order of what it walks along.
// Jobs are generators, so that whoever runs one sees how far it is and may stop after any batch.
import type { KeyProviders } from '@salus/crypto';
import type { OrganizationId } from '@salus/schema';
import type { OrganizationKeys } from '../keyring.ts';
import type { SqlConnection } from '../migrate.ts';
import { asOwner } from '../owner.ts';
import { heldKeys } from './stored.ts';

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

export interface Walk<Position> {
  /** What is left to do: a table and a condition, in which $1 is the organization. */
  readonly outdated: string;
  readonly start: Position;
  /** Does the batch after a position, within `asOwner` and with its keys held; null when there is nothing after it. */
  next(keys: OrganizationKeys, after: Position): Promise<Batch<Position> | null>;
}

/** @throws KeyError, KeyProviderError, and what `next` throws */
export async function* inBatches<Position>(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
  { outdated, start, next }: Walk<Position>,
): AsyncGenerator<Progress> {
  const { rows } = await asOwner(connection, () =>
    connection.query(`select count(*) as n from salus.${outdated}`, [organization]),
  );
  const batchAfter = (position: Position) =>
    asOwner(connection, async () => next(await heldKeys(connection, providers, organization), position));
  let progress: Progress = { done: 0, total: Number(rows[0]?.n), failed: 0 };
  yield progress;
  for (let batch = await batchAfter(start); batch; batch = await batchAfter(batch.last)) {
    progress = { ...progress, done: progress.done + batch.done, failed: progress.failed + batch.failed };
    yield progress;
  }
}
