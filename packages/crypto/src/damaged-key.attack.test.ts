// CRY-05 for keys: a wrapped key that was touched, cut or made up does not open, and every failure is one and the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bytes } from './bytes.ts';
import { IntegrityError, KeyProviderError } from './errors.ts';
import { createOrganizationKey, unwrapOrganizationKey } from './organization-key.ts';
import { createPatientKey, rewrapPatientKey, unwrapPatientKey } from './patient-key.ts';
import { open, seal } from './sealed.ts';
import { PLACE, testKeyProvider, testOrganizationKey } from './test-keys.ts';

const provider = await testKeyProvider();
const organizationKey = await testOrganizationKey();
const nextKey = await testOrganizationKey(organizationKey.organization, 2);
const name = { patient: PLACE.row, version: 1 };
const patientKey = await createPatientKey(organizationKey, name);
const rootWrapped = await createOrganizationKey(provider, PLACE.organization, 1);

const cases: [what: string, wrapped: Bytes, unwrap: (wrapped: Bytes) => Promise<unknown>, error: Error][] = [
  [
    'a patient’s key',
    patientKey.wrapped,
    (wrapped) => unwrapPatientKey(organizationKey, name, wrapped),
    new IntegrityError(),
  ],
  [
    'a patient’s key on its way to another organization key',
    patientKey.wrapped,
    (wrapped) => rewrapPatientKey(organizationKey, nextKey, name, wrapped),
    new IntegrityError(),
  ],
  [
    'an organization’s key',
    rootWrapped.wrapped,
    (wrapped) => unwrapOrganizationKey(provider, PLACE.organization, 1, wrapped),
    new KeyProviderError('unwrap_failed'),
  ],
];

it('a key that nobody touched opens, on its way too, and opens what it has sealed', async () => {
  const rewrapped = await rewrapPatientKey(organizationKey, nextKey, name, patientKey.wrapped);
  const ofPatient = await seal(patientKey.key, PLACE, 'of a patient');
  for (const unwrapped of [
    await unwrapPatientKey(organizationKey, name, patientKey.wrapped),
    await unwrapPatientKey(nextKey, name, rewrapped),
  ]) {
    expect(await open(unwrapped, PLACE, ofPatient)).toBe('of a patient');
  }
  const ofAccount = await seal(rootWrapped.key.accountKey, PLACE, 'of an account');
  const unwrapped = await unwrapOrganizationKey(provider, PLACE.organization, 1, rootWrapped.wrapped);
  expect(await open(unwrapped.accountKey, PLACE, ofAccount)).toBe('of an account');
});

describe.each(cases)('%s', (_, wrapped, unwrap, error) => {
  const refused = async (bytes: Bytes): Promise<void> => {
    const reason = await unwrap(bytes).then(
      () => 'opened',
      (thrown: unknown) => thrown,
    );
    expect(reason).toStrictEqual(error);
  };

  it('does not open with one flipped bit, wherever it is', async () => {
    for (let bit = 0; bit < 8 * wrapped.length; bit++) {
      await refused(wrapped.with(bit >> 3, (wrapped[bit >> 3] ?? 0) ^ (1 << (bit & 7))));
    }
  });

  it('does not open when it was cut, at either end, down to nothing, or has a byte too many', async () => {
    for (let length = 0; length < wrapped.length; length++) {
      await refused(wrapped.slice(0, length));
      await refused(wrapped.slice(wrapped.length - length));
    }
    await refused(Uint8Array.from([...wrapped, 0]));
    await refused(Uint8Array.from([0, ...wrapped]));
  });

  it('does not open when it was made up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), async (bytes) => refused(Uint8Array.from(bytes))),
    );
  });
});
