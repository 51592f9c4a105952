// One key for each patient, random and wrapped by the organization's. Deleting the wrapped key shreds the patient: every
// copy of the sealed fields, backups too, is noise from then on.
import { importAesGcmKey, KEY_BYTES, openBytes, randomBytes, sealBytes } from './aes-gcm.ts';
import { type Bytes, concat, lengthPrefixed, uint32, utf8 } from './bytes.ts';
import type { OrganizationKey } from './organization-key.ts';
import type { SealingKey } from './sealed.ts';

const DOMAIN = 'salus/patient-wrap/v1';

export async function createPatientKey(
  organizationKey: OrganizationKey,
  patient: string,
): Promise<{ key: SealingKey; wrapped: Bytes }> {
  const raw = randomBytes(KEY_BYTES);
  const wrapped = await sealBytes(organizationKey.patientWrap, raw, binding(organizationKey, patient));
  return { key: await sealingKey(raw, organizationKey), wrapped };
}

/** @throws IntegrityError when the key was wrapped for another patient, organization or version */
export async function unwrapPatientKey(
  organizationKey: OrganizationKey,
  patient: string,
  wrapped: Bytes,
): Promise<SealingKey> {
  const raw = await openBytes(organizationKey.patientWrap, wrapped, binding(organizationKey, patient));
  return sealingKey(raw, organizationKey);
}

/** Overwrites `raw`. */
async function sealingKey(raw: Bytes, { version }: OrganizationKey): Promise<SealingKey> {
  const key = await importAesGcmKey(raw);
  raw.fill(0);
  return { version, key };
}

function binding({ organization, version }: OrganizationKey, patient: string): Bytes {
  return concat(utf8(DOMAIN), uint32(version), lengthPrefixed([organization, patient]));
}
