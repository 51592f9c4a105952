// Keys of patients: random, versioned and wrapped by the organization's. Deleting the wrapped keys shreds the patient: every
// copy of the sealed fields is noise from then on.
import { importAesGcmKey, openBytes, sealBytes } from './aes-gcm.ts';
import { type Bytes, lengthPrefixedRoom, utf8, view, writeLengthPrefixed, writeUint32 } from './bytes.ts';
import type { OrganizationKey } from './organization-key.ts';
import { newKey } from './random.ts';
import type { SealingKey } from './sealed.ts';

const DOMAIN = utf8('salus/patient-wrap/v1');
const VERSION_BYTES = 4;

/** Which key of which patient. It is bound to the wrapping, together with the organization and its key's version. */
export interface PatientKeyName {
  readonly patient: string;
  /** Grows by one each time that the record is sealed anew. */
  readonly version: number;
}

export async function createPatientKey(
  organizationKey: OrganizationKey,
  name: PatientKeyName,
): Promise<{ key: SealingKey; wrapped: Bytes }> {
  const raw = newKey();
  const wrapped = await sealBytes(organizationKey.patientWrap, raw, binding(organizationKey, name));
  return { key: await sealingKey(raw, name), wrapped };
}

/** @throws IntegrityError when the key was wrapped for another patient, organization or version */
export async function unwrapPatientKey(
  organizationKey: OrganizationKey,
  name: PatientKeyName,
  wrapped: Bytes,
): Promise<SealingKey> {
  const raw = await openBytes(organizationKey.patientWrap, wrapped, binding(organizationKey, name));
  return sealingKey(raw, name);
}

/** The same key, wrapped by another version of the organization's. @throws IntegrityError */
export async function rewrapPatientKey(
  from: OrganizationKey,
  to: OrganizationKey,
  name: PatientKeyName,
  wrapped: Bytes,
): Promise<Bytes> {
  const raw = await openBytes(from.patientWrap, wrapped, binding(from, name));
  const again = await sealBytes(to.patientWrap, raw, binding(to, name));
  raw.fill(0);
  return again;
}

/** Overwrites `raw`. */
async function sealingKey(raw: Bytes, { version }: PatientKeyName): Promise<SealingKey> {
  const key = await importAesGcmKey(raw);
  raw.fill(0);
  return { version, key };
}

/** Written into one array, because a page of a list takes it once a patient: domain, both versions, organization and patient. */
function binding({ organization, version }: OrganizationKey, name: PatientKeyName): Bytes {
  const bytes = new Uint8Array(
    DOMAIN.length + 2 * VERSION_BYTES + lengthPrefixedRoom(organization) + lengthPrefixedRoom(name.patient),
  );
  bytes.set(DOMAIN);
  writeUint32(version, bytes, DOMAIN.length);
  writeUint32(name.version, bytes, DOMAIN.length + VERSION_BYTES);
  const afterVersions = DOMAIN.length + 2 * VERSION_BYTES;
  const end = writeLengthPrefixed(
    name.patient,
    bytes,
    writeLengthPrefixed(organization, bytes, afterVersions),
  );
  return view(bytes, 0, end);
}
