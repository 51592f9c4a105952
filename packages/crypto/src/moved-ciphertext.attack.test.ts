// Whoever can write to the database moves a sealed value or relabels it: it does not open, and the error says no more.
import { expect, it } from 'vitest';
import { IntegrityError } from './errors.ts';
import { createPatientKey } from './patient-key.ts';
import type { Place } from './place.ts';
import { open, seal } from './sealed.ts';
import { PLACE, testOrganizationKey, testSealingKey } from './test-keys.ts';

const organizationKey = await testOrganizationKey();
const { key } = await createPatientKey(organizationKey, { patient: PLACE.row, version: 1 });
const sealed = await seal(key, PLACE, '123-45-6789');

const elsewhere: readonly [string, Place][] = [
  ['CRY-01: another row', { ...PLACE, row: '9b2d5c1a-0000-4000-8000-000000000002' }],
  ['CRY-02: another column', { ...PLACE, column: 'given_names' }],
  ['another table', { ...PLACE, table: 'accounts' }],
  ['another organization', { ...PLACE, organization: '3f0c8f9e-0000-4000-8000-000000000002' }],
];

it.each(elsewhere)('%s', async (_, place) => {
  expect(await open(key, PLACE, sealed)).toBe('123-45-6789');
  await refused(open(key, place, sealed));
});

it("another patient's key", async () => {
  const other = await createPatientKey(organizationKey, {
    patient: '9b2d5c1a-0000-4000-8000-000000000002',
    version: 1,
  });
  await refused(open(other.key, PLACE, sealed));
});

it('a key that does other work for the same organization', async () => {
  await refused(open(organizationKey.accountKey, PLACE, sealed));
  await refused(open(organizationKey.auditKey, PLACE, sealed));
});

it('a key that is said to be of another version', async () => {
  await refused(open({ ...key, version: 2 }, PLACE, sealed));
  const relabelled = sealed.with(4, 2);
  await refused(open(key, PLACE, relabelled));
  await refused(open({ ...key, version: 2 }, PLACE, relabelled));
});

it('a format that never was, or will be', async () => {
  for (const version of [0, 2, 0x7f, 0xff]) await refused(open(key, PLACE, sealed.with(0, version)));
});

it('the nonce of one value before the ciphertext of another', async () => {
  const other = await seal(key, PLACE, '987-65-4321');
  const mixed = sealed.slice();
  mixed.set(other.subarray(5, 17), 5);
  await refused(open(key, PLACE, mixed));
});

it('a value of another organization key of the same version', async () => {
  await refused(open(await testSealingKey(), PLACE, sealed));
});

async function refused(opening: Promise<unknown>): Promise<void> {
  const error = await opening.then(
    () => 'opened',
    (reason: unknown) => reason,
  );
  expect(error).toStrictEqual(new IntegrityError());
}
