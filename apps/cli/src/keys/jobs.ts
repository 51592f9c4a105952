// The jobs of `salus keys`, over the organizations that are meant, with progress. What each does to a record is in
// @salus/db/keys; here is who gets its turn, and when a key is done with.
import type { KeyProviders } from '@salus/crypto';
import { PLATFORM } from '@salus/db';
import {
  everyOrganization,
  type Progress,
  type Rotation,
  resealAccounts,
  resealOrganization,
  resealPatients,
  retireOrganizationKeys,
  rewrapPatientKeys,
  rotateOrganizationKey,
  rotateRootKey,
} from '@salus/db/keys';
import { type OrganizationId, organizationId } from '@salus/schema';
import type pg from 'pg';
import { UsageError } from '../errors.ts';
import { asOwner, configuredKeyProviders } from '../owner.ts';
import { progress } from '../terminal/progress.ts';
import type { JobResult } from './result.ts';

export async function rotateRoot(): Promise<JobResult> {
  const providers = await configuredKeyProviders();
  return asOwner(async (connection) => {
    const what = 'organization keys are wrapped by the present root key';
    const { done, failed } = await shown(what, rotateRootKey(connection, providers));
    return { what, done, failed, retired: [] };
  });
}

export async function rotateOrganizations(
  which: string,
  options: { readonly again: boolean },
): Promise<(Rotation & { readonly organization: string })[]> {
  const providers = await configuredKeyProviders();
  return asOwner(async (connection) => {
    const rotations = [];
    for (const organization of await organizationsOf(connection, which)) {
      const rotation = await rotateOrganizationKey(connection, providers, organization, options);
      rotations.push({ organization, ...rotation });
    }
    return rotations;
  });
}

export function rewrapEverything(which: string, batch: number): Promise<JobResult> {
  const what = 'keys of patients were wrapped anew';
  return overOrganizations(which, what, (connection, providers, organization) => [
    rewrapPatientKeys(connection, providers, organization, { batch }),
  ]);
}

export function resealEverything(which: string, batch: number): Promise<JobResult> {
  const what = 'records were sealed anew';
  // The platform's key finds the accounts of every organization, and seals nothing.
  if (which === 'platform') {
    return overOrganizations('all', what, (connection, providers, organization) => [
      resealAccounts(connection, providers, organization, { batch }),
    ]);
  }
  return overOrganizations(which, what, (connection, providers, organization) => [
    resealPatients(connection, providers, organization, { batch }),
    resealAccounts(connection, providers, organization, { batch }),
    resealOrganization(connection, providers, organization, { batch }),
  ]);
}

type Job = (
  connection: pg.Client,
  providers: KeyProviders,
  organization: OrganizationId,
) => AsyncGenerator<Progress>[];

async function overOrganizations(which: string, what: string, job: Job): Promise<JobResult> {
  const providers = await configuredKeyProviders();
  return asOwner(async (connection) => {
    const retired: { organization: string; version: number }[] = [];
    let done = 0;
    let failed = 0;
    // The platform's key is done with when every organization's accounts are: its turn to retire comes last.
    const organizations = await organizationsOf(connection, which);
    for (const organization of organizations) {
      for (const part of job(connection, providers, organization)) {
        const end = await shown(what, part);
        done += end.done;
        failed += end.failed;
      }
    }
    for (const organization of new Set([...organizations, PLATFORM])) {
      const versions = await retireOrganizationKeys(connection, organization);
      retired.push(...versions.map((version) => ({ organization, version })));
    }
    return { what, done, failed, retired };
  });
}

/** Runs a job to its end, with a bar. */
async function shown(what: string, job: AsyncGenerator<Progress>): Promise<Progress> {
  const bar = progress(what);
  let last: Progress = { done: 0, total: 0, failed: 0 };
  try {
    for await (last of job) bar.show(last.done + last.failed, last.total);
    return last;
  } finally {
    bar.end();
  }
}

/** @throws UsageError */
async function organizationsOf(connection: pg.Client, which: string): Promise<OrganizationId[]> {
  const every = await everyOrganization(connection);
  if (which === 'all') return every;
  if (which === 'platform') return [PLATFORM];
  const id = organizationId.safeParse(which).data;
  if (id === undefined || !every.includes(id)) throw new UsageError('there is no such organization');
  return [id];
}
