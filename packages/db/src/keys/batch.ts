// What the jobs do with the records of one batch: whatever opens is written in one statement, however many there are, because
// the database may be far away; whatever does not open is left as it is, and named in the trail.
import { type Bytes, IntegrityError } from '@salus/crypto';
import type { OrganizationId } from '@salus/schema';
import type { SqlConnection } from '../migrate.ts';
import { hexadecimal, type OwnerEvent, recordAsOwner } from '../owner.ts';
import type { Batch } from './progress.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A row with what its columns are to become. */
export interface Rewritten {
  readonly id: string;
  readonly sealed: ReadonlyMap<string, Bytes | null>;
  readonly versions: Readonly<Record<string, number>>;
}

export interface BatchWork<T> {
  readonly organization: OrganizationId;
  /** The event that tells how many were done. */
  readonly event: Pick<OwnerEvent, 'type' | 'details'>;
  /** Makes of a row what is to be written. @throws IntegrityError when it does not open */
  rewrite(row: Row): Promise<T>;
  write(rewritten: readonly T[]): Promise<unknown>;
  /** What the event of a row that does not open says. */
  failure(row: Row): Pick<OwnerEvent, 'resourceId' | 'details'>;
}

/** Within `asOwner`. */
export async function doBatch<T>(
  connection: SqlConnection,
  rows: readonly Row[],
  { organization, event, rewrite, write, failure }: BatchWork<T>,
): Promise<Omit<Batch<never>, 'last'>> {
  const results = await Promise.all(rows.map((row) => openedOrNull(rewrite(row))));
  const rewritten = results.filter((result) => result !== null);
  if (rewritten.length > 0) {
    await write(rewritten);
    const details = { ...event.details, count: rewritten.length };
    await recordAsOwner(connection, {
      organization,
      type: event.type,
      resourceId: organization,
      details,
    });
  }
  for (const row of rows.filter((_, at) => results[at] === null)) {
    await recordAsOwner(connection, {
      organization,
      type: 'integrity.failed',
      outcome: 'failed',
      ...failure(row),
    });
  }
  return { done: rewritten.length, failed: rows.length - rewritten.length };
}

async function openedOrNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof IntegrityError) return null;
    throw error;
  }
}

/** Writes columns of many rows of an organization's table. Each row has the same columns. */
export async function updateRows(
  connection: SqlConnection,
  table: string,
  organization: OrganizationId,
  rows: readonly Rewritten[],
): Promise<void> {
  const sealed = [...(rows[0]?.sealed.keys() ?? [])];
  const versions = Object.keys(rows[0]?.versions ?? {});
  const names = [...sealed, ...versions];
  const types = ['uuid[]', ...sealed.map(() => 'bytea[]'), ...versions.map(() => 'integer[]')];
  await connection.query(
    `update salus.${table} r set ${names.map((name) => `${name} = n.${name}`).join(', ')}
       from unnest(${types.map((type, at) => `$${at + 2}::${type}`).join(', ')}) as n (id, ${names.join(', ')})
      where (r.organization_id, r.id) = ($1, n.id)`,
    [
      organization,
      rows.map(({ id }) => id),
      ...sealed.map((name) => rows.map((row) => hexadecimal(row.sealed.get(name) ?? null))),
      ...versions.map((name) => rows.map((row) => row.versions[name])),
    ],
  );
}
