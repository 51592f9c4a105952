// Who has a report made: the caller of a procedure, or the clock. Both read the same trail under a context that the database
// makes; what a report says of it is the same.
import type { AuditRow } from '@salus/audit';
import type { Grant } from '@salus/policy';
import type { OrganizationId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { beginRequest, type Call } from '../../call.ts';
import type { Database } from '../../database.ts';
import { beginJob, type JobRun } from '../../job.ts';
import type { Keyring } from '../../keyring.ts';
import { sealOrigin } from '../../trail.ts';

export interface Reporter {
  readonly trigger: 'weekly' | 'request';
  readonly organizationId: OrganizationId;
  readonly database: Database;
  readonly keyring: Keyring;
  /** The first statement of every transaction. */
  readonly begin: SQL;
  readonly origin: SQL;
  /** Milliseconds since the epoch. */
  now(): number;
  committed(rows: readonly AuditRow[]): void;
}

/** Where what reports say is kept, by their names, and the log as it is published. */
export interface ReportFiles {
  get(name: string): Promise<Uint8Array | null>;
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** The signed checkpoint of the organization's log of a year; null when there is none. */
  checkpoint(organization: OrganizationId, year: number): Promise<string | null>;
}

export async function reporterOf(call: Call, grant: Grant<'report'>): Promise<Reporter> {
  const { organizationId } = grant.subject;
  const { current } = await call.keyring.organization(organizationId);
  const { database, keyring, now, committed } = call;
  return {
    ...{ trigger: 'request', organizationId, database, keyring, now, committed },
    begin: beginRequest(call, grant.subject, grant.purpose),
    origin: await sealOrigin(call, current),
  };
}

export function reporterOfJob(run: JobRun): Reporter {
  const { organizationId, database, keyring, now, committed } = run;
  return {
    ...{ trigger: 'weekly', organizationId, database, keyring, now, committed },
    begin: beginJob(run),
    origin: sql`null::bytea`,
  };
}
