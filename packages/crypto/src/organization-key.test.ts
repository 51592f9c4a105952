import { describe, expect, it } from 'vitest';
import { openBytes, sealBytes } from './aes-gcm.ts';
import { IntegrityError, KeyProviderError } from './errors.ts';
import type { KeyProvider } from './key-providers/interface.ts';
import { createOrganizationKey, type OrganizationKey, unwrapOrganizationKey } from './organization-key.ts';
import { createPatientKey, type PatientKeyName, rewrapPatientKey, unwrapPatientKey } from './patient-key.ts';
import { open, seal } from './sealed.ts';
import { PLACE, testKeyProvider, testOrganizationKey } from './test-keys.ts';

const provider = await testKeyProvider();

describe('an organization key', () => {
  it('opens what it sealed after it was unwrapped', async () => {
    const { key, wrapped } = await createOrganizationKey(provider, PLACE.organization, 3);
    const again = await unwrapOrganizationKey(provider, PLACE.organization, 3, wrapped);
    expect(again).toMatchObject({ organization: PLACE.organization, version: 3 });
    for (const use of ['accountKey', 'auditKey'] as const) {
      const sealed = await seal(key[use], PLACE, use);
      expect(await open(again[use], PLACE, sealed)).toBe(use);
    }
  });

  it('is bound to its organization and version', async () => {
    const { wrapped } = await createOrganizationKey(provider, 'organization-a', 1);
    for (const [organization, version] of [
      ['organization-b', 1],
      ['organization-a', 2],
    ] as const) {
      await expect(unwrapOrganizationKey(provider, organization, version, wrapped)).rejects.toStrictEqual(
        new KeyProviderError('unwrap_failed'),
      );
    }
  });

  it.each([0, 16, 31, 33])('is refused when the provider gives %i bytes for it', async (length) => {
    const short: KeyProvider = { ...provider, unwrap: async () => new Uint8Array(length) };
    await expect(
      unwrapOrganizationKey(short, PLACE.organization, 1, new Uint8Array(60)),
    ).rejects.toStrictEqual(new KeyProviderError('unwrap_failed'));
  });

  it('is not made when its provider wraps it and does not unwrap it again, or to something else', async () => {
    const denied = () => Promise.reject(new KeyProviderError('unavailable'));
    const other = async () => new Uint8Array(32).fill(7);
    for (const unwrap of [denied, other]) {
      const half: KeyProvider = { ...provider, unwrap };
      await expect(createOrganizationKey(half, PLACE.organization, 1)).rejects.toThrow(KeyProviderError);
    }
  });

  it('has sub-keys that cannot do one another’s work', async () => {
    const key = await testOrganizationKey();
    const ciphers = [key.accountKey.key, key.auditKey.key, key.patientWrap];
    for (const sealing of ciphers) {
      const sealed = await sealBytes(sealing, Uint8Array.of(1), new Uint8Array());
      for (const opening of ciphers.filter((other) => other !== sealing)) {
        await expect(openBytes(opening, sealed, new Uint8Array())).rejects.toThrow(IntegrityError);
      }
    }
  });

  it('is overwritten once its sub-keys are derived', async () => {
    let handed: Uint8Array | undefined;
    const watched: KeyProvider = {
      ...provider,
      async wrap(raw, context) {
        handed = raw;
        expect(raw.some((byte) => byte !== 0)).toBe(true);
        return provider.wrap(raw, context);
      },
    };
    await createOrganizationKey(watched, PLACE.organization, 1);
    expect(handed).toStrictEqual(new Uint8Array(32));
  });
});

describe('a patient key', () => {
  const name = { patient: PLACE.row, version: 7 };

  it('opens what it sealed after it was unwrapped', async () => {
    const organizationKey = await testOrganizationKey();
    const { key, wrapped } = await createPatientKey(organizationKey, name);
    const sealed = await seal(key, PLACE, 'Nguyễn');
    const again = await unwrapPatientKey(organizationKey, name, wrapped);
    expect(again.version).toBe(7);
    expect(await open(again, PLACE, sealed)).toBe('Nguyễn');
  });

  it('is bound to its patient, its version, and its organization and the version of its key', async () => {
    const organizationKey = await testOrganizationKey('organization-a', 1);
    const a = { patient: 'patient-a', version: 1 };
    const { wrapped } = await createPatientKey(organizationKey, a);
    const others: readonly [OrganizationKey, PatientKeyName][] = [
      [organizationKey, { ...a, patient: 'patient-b' }],
      [organizationKey, { ...a, version: 2 }],
      [{ ...organizationKey, organization: 'organization-b' }, a],
      [{ ...organizationKey, version: 2 }, a],
      [await testOrganizationKey('organization-a', 1), a],
    ];
    for (const [key, of] of others) {
      await expect(unwrapPatientKey(key, of, wrapped)).rejects.toStrictEqual(new IntegrityError());
    }
  });

  it('is the same one under another version of the organization key, which alone unwraps it then', async () => {
    const [first, second] = [
      await testOrganizationKey('organization-a', 1),
      await testOrganizationKey('organization-a', 2),
    ];
    const { key, wrapped } = await createPatientKey(first, name);
    const again = await rewrapPatientKey(first, second, name, wrapped);
    const sealed = await seal(key, PLACE, 'Nguyễn');
    expect(await open(await unwrapPatientKey(second, name, again), PLACE, sealed)).toBe('Nguyễn');
    await expect(unwrapPatientKey(first, name, again)).rejects.toStrictEqual(new IntegrityError());
    await expect(rewrapPatientKey(second, first, name, wrapped)).rejects.toStrictEqual(new IntegrityError());
  });

  it('is another one for each patient', async () => {
    const organizationKey = await testOrganizationKey();
    const [a, b] = [
      await createPatientKey(organizationKey, { patient: 'a', version: 1 }),
      await createPatientKey(organizationKey, { patient: 'b', version: 1 }),
    ];
    await expect(open(b.key, PLACE, await seal(a.key, PLACE, 'x'))).rejects.toThrow(IntegrityError);
  });
});

it('no key can be taken out of Web Crypto, nor used for anything but its own work', async () => {
  const name = { patient: PLACE.row, version: 1 };
  const organizationKey = await testOrganizationKey();
  const { key, wrapped } = await createPatientKey(organizationKey, name);
  const ciphers = [
    organizationKey.accountKey.key,
    organizationKey.auditKey.key,
    organizationKey.patientWrap,
    key.key,
    (await unwrapPatientKey(organizationKey, name, wrapped)).key,
  ];
  for (const each of [...ciphers, organizationKey.blindIndex]) {
    expect(each.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', each)).rejects.toThrow();
    await expect(crypto.subtle.exportKey('jwk', each)).rejects.toThrow();
  }
  for (const cipher of ciphers) {
    expect(cipher.algorithm).toStrictEqual({ name: 'AES-GCM', length: 256 });
    expect(cipher.usages).toStrictEqual(['encrypt', 'decrypt']);
  }
  expect(organizationKey.blindIndex.usages).toStrictEqual(['sign']);
});
