// Keys that are at hand in this isolate. Organization keys for a few minutes, so that a warm isolate answers a read in one
// round trip; patient keys for at most sixty seconds, so that a shredded one is gone within a minute. What may be read or
// written is decided by the database each time, whatever is cached here.
import {
  type Bytes,
  type KeyProviders,
  type OrganizationKey,
  type SealingKey,
  unwrapOrganizationKey,
  unwrapPatientKey,
} from '@salus/crypto';
import type { OrganizationId, PatientId } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { bytesOf } from './bytea.ts';
import type { Database } from './database.ts';
import { KeyError } from './errors.ts';

const ORGANIZATION_KEY_LIFE = 5 * 60_000;
const PATIENT_KEY_LIFE = 60_000;
const PATIENT_KEYS_AT_MOST = 500;

/** A patient's key as it lies in the database. */
export interface WrappedPatientKey {
  readonly wrapped: Bytes;
  /** Version of the organization key that wraps it. */
  readonly organizationKeyVersion: number;
}

export interface OrganizationKeys {
  readonly organization: OrganizationId;
  /** The newest, which seals and wraps what is new. */
  readonly current: OrganizationKey;
  /** @throws KeyError when there is no such version */
  version(version: number): OrganizationKey;
}

export interface Keyring {
  /** One round trip when the keys are not at hand. @throws KeyError, DatabaseError, KeyProviderError */
  organization(id: OrganizationId): Promise<OrganizationKeys>;
  /** Opens a patient's key and keeps it. @throws IntegrityError */
  patient(organization: OrganizationId, patient: PatientId, key: WrappedPatientKey): Promise<SealingKey>;
  /** A patient's key, if it is at hand. */
  patientAtHand(organization: OrganizationId, patient: PatientId): SealingKey | null;
  keepPatient(organization: OrganizationId, patient: PatientId, key: SealingKey): void;
}

interface Kept<T> {
  readonly value: T;
  readonly until: number;
}

/** @param now milliseconds since the epoch */
export function createKeyring(database: Database, providers: KeyProviders, now: () => number): Keyring {
  const organizations = new Map<string, Kept<OrganizationKeys>>();
  const patients = new Map<string, Kept<SealingKey>>();

  const keepPatient: Keyring['keepPatient'] = (organization, patient, key) => {
    const name = `${organization}/${patient}`;
    patients.delete(name);
    patients.set(name, { value: key, until: now() + PATIENT_KEY_LIFE });
    const [oldest] = patients.keys();
    if (patients.size > PATIENT_KEYS_AT_MOST && oldest !== undefined) patients.delete(oldest);
  };

  return {
    async organization(id) {
      const kept = organizations.get(id);
      if (kept && kept.until > now()) return kept.value;
      // Keys are kept, never the promise of them: on Workers a promise ends with the request that made it.
      const keys = await loadOrganizationKeys(database, providers, id);
      organizations.set(id, { value: keys, until: now() + ORGANIZATION_KEY_LIFE });
      return keys;
    },

    async patient(organization, patient, { wrapped, organizationKeyVersion }) {
      const keys = await this.organization(organization);
      const key = await unwrapPatientKey(keys.version(organizationKeyVersion), patient, wrapped);
      keepPatient(organization, patient, key);
      return key;
    },

    patientAtHand(organization, patient) {
      const kept = patients.get(`${organization}/${patient}`);
      return kept && kept.until > now() ? kept.value : null;
    },

    keepPatient,
  };
}

async function loadOrganizationKeys(
  database: Database,
  providers: KeyProviders,
  id: OrganizationId,
): Promise<OrganizationKeys> {
  const [rows = []] = await database.transaction([
    sql`select version, provider, wrapped::text as wrapped from salus.keys_of_organization(${id}::uuid)`,
  ]);
  const versions = new Map<number, OrganizationKey>();
  for (const row of rows) {
    const version = Number(row.version);
    const provider = providers.of(String(row.provider));
    versions.set(version, await unwrapOrganizationKey(provider, id, version, bytesOf(row.wrapped)));
  }
  const [current] = versions.values(); // newest first
  if (!current) throw new KeyError('organization_without_key');
  return {
    organization: id,
    current,
    version(version) {
      const key = versions.get(version);
      if (!key) throw new KeyError('key_version_unknown');
      return key;
    },
  };
}
