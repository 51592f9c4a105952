// CRY-05 for keys: a wrapped key that was touched, cut or made up does not open, and every failure is one and the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bytes } from './bytes.ts';
import { IntegrityError, KeyProviderError } from './errors.ts';
import { createOrganizationKey, unwrapOrganizationKey } from './organization-key.ts';
import { createPatientKey, rewrapPatientKey, unwrapPatientKey } from './patient-key.ts';
import { PLACE, testKeyProvider, testOrganizationKey } from './test-keys.ts';

const provider = await testKeyProvider();
const organizationKey = await testOrganizationKey();
const nextKey = await testOrganizationKey(organizationKey.organization, 2);
const name = { patient: PLACE.row, version: 1 };
const patientKey = (await createPatientKey(organizationKey, name)).wrapped;
const rootWrapped = (await createOrganizationKey(provider, PLACE.organization, 1)).wrapped;

const cases: [what: string, wrapped: Bytes, open: (wrapped: Bytes) => Promise<unknown>, error: Error][] = [
  [
    'a patient’s key',
    patientKey,
    (wrapped) => unwrapPatientKey(organizationKey, name, wrapped),
    new IntegrityError(),
  ],
  [
    'a patient’s key on its way to another organization key',
    patientKey,
    (wrapped) => rewrapPatientKey(organizationKey, nextKey, name, wrapped),
    new IntegrityError(),
  ],
  [
    'an organization’s key',
    rootWrapped,
    (wrapped) => unwrapOrganizationKey(provider, PLACE.organization, 1, wrapped),
    new KeyProviderError('unwrap_failed'),
  ],
];

describe.each(cases)('%s', (_, wrapped, open, error) => {
  const refused = async (bytes: Bytes): Promise<void> => {
    const reason = await open(bytes).then(
      () => 'opened',
      (thrown: unknown) => thrown,
    );
    expect(reason).toStrictEqual(error);
  };

  it('opens as it is', async () => {
    await open(wrapped);
  });

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
