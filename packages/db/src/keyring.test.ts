// How long keys are at hand in an isolate: what docs/keys.md and docs/threat-model.md say, to the millisecond.
import { createOrganizationKey, createPatientKey, type KeyProviders } from '@salus/crypto';
import { organizationId, patientId } from '@salus/schema';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Row } from './database.ts';
import { createKeyring, type Keyring } from './keyring.ts';
import { hexadecimal } from './owner.ts';
import { testKeyProviders } from './test-database.ts';

const ORGANIZATION = organizationId.parse('018f4e2a-7d31-7c55-9b1e-5a0f3c2d1e03');
const PATIENT = patientId.parse('018f4e2a-7d31-7c55-9b1e-5a0f3c2d1e04');
const MINUTE = 60_000;

let providers: KeyProviders;
let stored: Row[];
beforeAll(async () => {
  providers = await testKeyProviders();
  const { wrapped } = await createOrganizationKey(providers.first, ORGANIZATION, 1);
  stored = [{ version: 1, provider: providers.first.id, wrapped: hexadecimal(wrapped), retired: false }];
});

let now: number;
let asked: number;
let keyring: Keyring;
beforeEach(() => {
  [now, asked] = [0, 0];
  const database = {
    async transaction() {
      asked++;
      return [stored];
    },
  };
  keyring = createKeyring(database, providers, () => now);
});

async function aPatientKey() {
  const { current } = await keyring.organization(ORGANIZATION);
  return (await createPatientKey(current, { patient: PATIENT, version: 1 })).key;
}

describe('a key that is at hand', () => {
  it('of an organization is asked for again after five minutes', async () => {
    await keyring.organization(ORGANIZATION);
    now = 5 * MINUTE - 1;
    await keyring.organization(ORGANIZATION);
    expect(asked).toBe(1);
    now = 5 * MINUTE;
    await keyring.organization(ORGANIZATION);
    expect(asked).toBe(2);
  });

  it('of a patient is gone after sixty seconds, however often it was used', async () => {
    const key = await aPatientKey();
    keyring.keepPatient(ORGANIZATION, PATIENT, key);
    now = MINUTE - 1;
    expect(keyring.patientAtHand(ORGANIZATION, PATIENT)).toBe(key);
    now = MINUTE;
    expect(keyring.patientAtHand(ORGANIZATION, PATIENT)).toBeNull();
  });

  it('is that of its organization alone, and gone when the organization’s is', async () => {
    const other = organizationId.parse('018f4e2a-7d31-7c55-9b1e-5a0f3c2d1e05');
    const key = await aPatientKey();
    keyring.keepPatient(ORGANIZATION, PATIENT, key);
    keyring.keepPatient(other, PATIENT, key);
    keyring.forget(ORGANIZATION);
    expect(keyring.patientAtHand(ORGANIZATION, PATIENT)).toBeNull();
    expect(keyring.patientAtHand(other, PATIENT)).toBe(key);
  });

  it('is one of five hundred', async () => {
    const key = await aPatientKey();
    const patients = Array.from({ length: 501 }, () => patientId.parse(crypto.randomUUID()));
    for (const patient of patients) keyring.keepPatient(ORGANIZATION, patient, key);
    expect(patients.filter((patient) => keyring.patientAtHand(ORGANIZATION, patient))).toEqual(
      patients.slice(1),
    );
  });
});
