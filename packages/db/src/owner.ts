// What is done to a deployment from outside: on the owner's connection, in Node, and with a row in the trail for each thing
// that it changes (45 CFR 164.312(b): configuration, new users, roles, keys). The runtime role may do none of it.
import { randomUUID } from 'node:crypto';
import { EVENT_KINDS, type EventType } from '@salus/audit';
import type { OrganizationId } from '@salus/schema';
import type { SqlConnection } from './migrate.ts';

/** Runs work in one transaction with the rights of the owner; when it throws, nothing of it is kept. */
export async function asOwner<T>(connection: SqlConnection, work: () => Promise<T>): Promise<T> {
  await connection.query('begin');
  try {
    await connection.query('set local role salus_owner');
    const result = await work();
    await connection.query('commit');
    return result;
  } catch (error) {
    await connection.query('rollback');
    throw error;
  }
}

export interface OwnerEvent {
  readonly organization: OrganizationId;
  readonly type: EventType;
  readonly resourceId: string;
  /** Counts, versions, names of providers: never a value of anybody. */
  readonly details?: Readonly<Record<string, string | number>>;
  readonly outcome?: 'success' | 'failed';
}

/** Within `asOwner`. */
export async function recordAsOwner(
  connection: SqlConnection,
  { organization, type, resourceId, details, outcome = 'success' }: OwnerEvent,
): Promise<void> {
  await connection.query(
    `insert into salus.audit_events (organization_id, kind, type, outcome, resource, resource_id, request_id, details)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      organization,
      EVENT_KINDS[type],
      type,
      outcome,
      type.split('.')[0],
      resourceId,
      randomUUID(),
      details === undefined ? null : JSON.stringify(details),
    ],
  );
}

/** A `bytea` parameter of the `pg` client. */
export function hexadecimal(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : `\\x${Buffer.from(bytes).toString('hex')}`;
}
