// Keys that are at hand in this isolate. Organization keys for a few minutes, so that a warm isolate answers a read in one
// round trip; patient keys for at most sixty seconds, so that a shredded one is gone within a minute. What may be read or
// written is decided by the database each time, whatever is cached here.
import {
  type Bytes,
  KeyProviderError,
  type KeyProviders,
  type OrganizationKey,
  type SealingKey,
  unwrapOrganizationKey,
  unwrapPatientKey,
} from '@salus/crypto';
import type { OrganizationId, PatientId } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { bytesOf } from './bytea.ts';
import type { Database, Row } from './database.ts';
import { KeyError } from './errors.ts';

const ORGANIZATION_KEY_LIFE = 5 * 60_000;
const PATIENT_KEY_LIFE = 60_000;
const PATIENT_KEYS_AT_MOST = 500;
/** A caller is told to come back after as long. */
const FAILURE_LIFE = 5000;

/** A patient's key as it lies in the database. */
export interface WrappedPatientKey {
  readonly wrapped: Bytes;
  readonly version: number;
  /** Version of the organization key that wraps it. */
  readonly organizationKeyVersion: number;
}

export interface OrganizationKeys {
  readonly organization: OrganizationId;
  /** The newest, which seals and wraps what is new. */
  readonly current: OrganizationKey;
  /** Those that records may still hang under, newest first: more than one while a rotation is on its way. */
  readonly live: readonly OrganizationKey[];
  /** Any version, retired ones too. @throws KeyError when there is no such version; KeyProviderError */
  version(version: number): Promise<OrganizationKey>;
}

export interface Keyring {
  /** One round trip when the keys are not at hand. @throws KeyError, DatabaseError, KeyProviderError */
  organization(id: OrganizationId): Promise<OrganizationKeys>;
  /** Opens a patient's key and keeps it. @throws IntegrityError */
  patient(organization: OrganizationId, patient: PatientId, key: WrappedPatientKey): Promise<SealingKey>;
  /** A patient's key, if it is at hand. */
  patientAtHand(organization: OrganizationId, patient: PatientId): SealingKey | null;
  keepPatient(organization: OrganizationId, patient: PatientId, key: SealingKey): void;
  /** Drops the keys of an organization and of its patients, because the database knows newer ones. */
  forget(organization: OrganizationId): void;
}

interface Kept<T> {
  readonly value: T;
  readonly until: number;
}

/** @param now milliseconds since the epoch */
export function createKeyring(database: Database, providers: KeyProviders, now: () => number): Keyring {
  const organizations = new Map<string, Kept<OrganizationKeys>>();
  const patients = new Map<string, Kept<SealingKey>>();
  const failures = new Map<string, Kept<KeyProviderError>>();

  const keepPatient: Keyring['keepPatient'] = (organization, patient, key) => {
    const name = `${organization}/${patient}`;
    patients.delete(name);
    patients.set(name, { value: key, until: now() + PATIENT_KEY_LIFE });
    const [oldest] = patients.keys();
    if (patients.size > PATIENT_KEYS_AT_MOST && oldest !== undefined) patients.delete(oldest);
  };

  // Keys are kept, never the promise of them: on Workers a promise ends with the request that made it.
  const loaded = async (id: OrganizationId) => {
    const [rows = []] = await database.transaction([
      sql`select version, provider, wrapped::text as wrapped, retired from salus.keys_of_organization(${id}::uuid)`,
    ]);
    const keys = await openOrganizationKeys(providers, id, storedKeysOf(rows), () => loaded(id));
    organizations.set(id, { value: keys, until: now() + ORGANIZATION_KEY_LIFE });
    return keys;
  };

  return {
    async organization(id) {
      const kept = organizations.get(id);
      if (kept && kept.until > now()) return kept.value;
      // A key service that is away is not asked again for every call, nor waited for by each.
      const failed = failures.get(id);
      if (failed && failed.until > now()) throw failed.value;
      try {
        return await loaded(id);
      } catch (error) {
        if (error instanceof KeyProviderError)
          failures.set(id, { value: error, until: now() + FAILURE_LIFE });
        throw error;
      }
    },

    async patient(organization, patient, { wrapped, version, organizationKeyVersion }) {
      const keys = await this.organization(organization);
      const wrapping = await keys.version(organizationKeyVersion);
      const key = await unwrapPatientKey(wrapping, { patient, version }, wrapped);
      keepPatient(organization, patient, key);
      return key;
    },

    patientAtHand(organization, patient) {
      const kept = patients.get(`${organization}/${patient}`);
      return kept && kept.until > now() ? kept.value : null;
    },

    keepPatient,

    forget(organization) {
      organizations.delete(organization);
      failures.delete(organization);
      for (const name of patients.keys()) if (name.startsWith(`${organization}/`)) patients.delete(name);
    },
  };
}

export interface StoredOrganizationKey {
  readonly version: number;
  readonly provider: string;
  readonly wrapped: Bytes;
  readonly retired: boolean;
}

/** Rows of `salus.keys_of_organization`, whose wrapped key was selected as text. */
export function storedKeysOf(rows: readonly Row[]): StoredOrganizationKey[] {
  return rows.map(({ version, provider, wrapped, retired }) => ({
    version: Number(version),
    provider: String(provider),
    wrapped: bytesOf(wrapped),
    retired: retired === true,
  }));
}

/**
 * Unwraps the keys that records may hang under; retired ones when they are asked for.
 * @param stored newest first
 * @param reload where to ask for a version that is newer than all of these
 * @throws KeyError, KeyProviderError
 */
export async function openOrganizationKeys(
  providers: KeyProviders,
  organization: OrganizationId,
  stored: readonly StoredOrganizationKey[],
  reload?: () => Promise<OrganizationKeys>,
): Promise<OrganizationKeys> {
  const newest = stored[0]?.version ?? 0;
  const opened = new Map<number, OrganizationKey>();
  const version = async (wanted: number): Promise<OrganizationKey> => {
    const known = opened.get(wanted);
    if (known) return known;
    if (wanted > newest && reload) {
      const { current, version } = await reload();
      if (current.version > newest) return version(wanted);
    }
    const key = stored.find((each) => each.version === wanted);
    if (!key) throw new KeyError('key_version_unknown');
    const provider = providers.of(key.provider);
    const unwrapped = await unwrapOrganizationKey(provider, organization, wanted, key.wrapped);
    opened.set(wanted, unwrapped);
    return unwrapped;
  };
  const live = await Promise.all(stored.filter(({ retired }) => !retired).map((key) => version(key.version)));
  const [current] = live;
  if (!current) throw new KeyError('organization_without_key');
  return { organization, current, live, version };
}
