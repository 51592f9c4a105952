// For tests: keys and a place, all made up.

import { toBase64 } from './encoding.ts';
import type { KeyProvider } from './key-providers/interface.ts';
import { localKeyProvider } from './key-providers/local.ts';
import { createOrganizationKey, type OrganizationKey } from './organization-key.ts';
import { createPatientKey } from './patient-key.ts';
import type { Place } from './place.ts';
import { randomBytes } from './random.ts';
import type { SealingKey } from './sealed.ts';

export const PLACE: Place = {
  organization: '3f0c8f9e-0000-4000-8000-000000000001',
  table: 'patients',
  column: 'family_name',
  row: '9b2d5c1a-0000-4000-8000-000000000001',
};

export function testKeyProvider(): Promise<KeyProvider> {
  return localKeyProvider(toBase64(randomBytes(32)));
}

export async function testOrganizationKey(
  organization = PLACE.organization,
  version = 1,
): Promise<OrganizationKey> {
  return (await createOrganizationKey(await testKeyProvider(), organization, version)).key;
}

/** A patient's. */
export async function testSealingKey(version = 1): Promise<SealingKey> {
  return (await createPatientKey(await testOrganizationKey(), { patient: PLACE.row, version })).key;
}
