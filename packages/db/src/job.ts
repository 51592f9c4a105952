// Work that nobody signed in for, one organization at a time. Like a call it begins each transaction with a context that
// the database makes, and leaves its events in it; unlike a call it sees the trail alone.
import type { AuditRow } from '@salus/audit';
import { type Job, type OrganizationId, organizationId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { Keyring } from './keyring.ts';

export interface JobRun {
  readonly job: Job;
  readonly organizationId: OrganizationId;
  readonly database: Database;
  readonly keyring: Keyring;
  /** UUID that the events of this run have in common. */
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Takes audit rows whose transaction has committed, on their way to the log. */
  committed(rows: readonly AuditRow[]): void;
}

/** The first statement of every transaction of a job. */
export function beginJob({ organizationId, requestId, job }: JobRun): SQL {
  return sql`select salus.begin_job(${organizationId}::uuid, ${requestId}::uuid, ${job})`;
}

/** Every organization, so that each can be given its turn; the platform comes first. @throws DatabaseError */
export async function organizationIds(database: Database): Promise<OrganizationId[]> {
  const [rows = []] = await database.transaction([sql`select id from salus.organization_ids() as id`]);
  return rows.map(({ id }) => organizationId.parse(id));
}
