// CRY-08: a source of randomness that is broken, or was put in the place of the real one. What it says must seal nothing.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Bytes } from './bytes.ts';
import { RandomSourceError } from './errors.ts';
import { createOrganizationKey } from './organization-key.ts';
import { createPatientKey } from './patient-key.ts';
import { randomSource } from './random.ts';
import { seal } from './sealed.ts';
import { PLACE, testKeyProvider, testOrganizationKey, testSealingKey } from './test-keys.ts';

const real = (bytes: Bytes) => void crypto.getRandomValues(bytes);

/** Says the same bytes over and over, from wherever it stands. */
function repeating(period: number) {
  const said = crypto.getRandomValues(new Uint8Array(period));
  let at = 0;
  return (bytes: Bytes) => {
    for (const index of bytes.keys()) bytes[index] = said[at++ % period] ?? 0;
  };
}

const broken: [string, (bytes: Bytes) => void][] = [
  ['says nothing: all zeros', () => undefined],
  ['says one byte', (bytes) => void bytes.fill(0xa5)],
  ['says one byte that it drew', repeating(1)],
  ['says 16 bytes again and again', repeating(16)],
  ['says 100 bytes again and again', repeating(100)],
  ['says 512 bytes again and again', repeating(512)],
  [
    'has a bit that never changes',
    (bytes) => {
      real(bytes);
      for (let at = 7; at < bytes.length; at += 16) bytes[at] = (bytes[at] ?? 0) | 0x10;
    },
  ],
  [
    'begins anew with each draw',
    (bytes) => {
      for (const index of bytes.keys()) bytes[index] = (index * 167 + 13) & 0xff;
    },
  ],
];

describe('CRY-08: a source that', () => {
  it.each(broken)('%s, gives no key, no nonce and no token', (_, fill) => {
    const { key, nonce, bytes } = randomSource(fill);
    expect(key).toThrow(RandomSourceError);
    expect(nonce).toThrow(RandomSourceError);
    expect(() => bytes(16)).toThrow(RandomSourceError);
  });

  it.each([1, 2, 3, 16])(
    'was sound, and then says the same %i nonces again, is found out at the first that repeats',
    (count) => {
      let fill: (bytes: Bytes) => void = real;
      const { nonce } = randomSource((bytes) => fill(bytes));
      const sound = new Set(Array.from({ length: 100 }, () => nonce().join()));
      expect(sound.size).toBe(100);
      fill = repeating(12 * count);
      for (let i = 0; i < count; i++) expect(nonce()).toHaveLength(12);
      expect(nonce).toThrow(RandomSourceError);
      // From then on it has to pass its test again.
      expect(nonce).toThrow(RandomSourceError);
      fill = real;
      expect(nonce()).toHaveLength(12);
    },
  );

  it('was sound, and then stands still, gives no further key', () => {
    let fill: (bytes: Bytes) => void = real;
    const { key } = randomSource((bytes) => fill(bytes));
    expect(key()).toHaveLength(32);
    fill = (bytes) => void bytes.fill(7);
    expect(key).toThrow(RandomSourceError);
  });

  it('is sound is refused in none of ten thousand tests', () => {
    const { key } = randomSource(real);
    const keys = new Set(Array.from({ length: 10_000 }, () => key().join()));
    expect(keys.size).toBe(10_000);
  });
});

describe('CRY-08: when the runtime’s own source stands still', () => {
  afterEach(() => void vi.restoreAllMocks());
  const standStill = () =>
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
      if (bytes instanceof Uint8Array) bytes.fill(3);
      return bytes;
    });

  it('no organization key and no patient key is made', async () => {
    const [provider, organizationKey] = [await testKeyProvider(), await testOrganizationKey()];
    standStill();
    await expect(createOrganizationKey(provider, PLACE.organization, 1)).rejects.toThrow(RandomSourceError);
    await expect(createPatientKey(organizationKey, { patient: PLACE.row, version: 1 })).rejects.toThrow(
      RandomSourceError,
    );
  });

  it('at most one value more is sealed', async () => {
    const key = await testSealingKey();
    standStill();
    await seal(key, PLACE, 'Ada');
    await expect(seal(key, PLACE, 'Grace')).rejects.toThrow(RandomSourceError);
    await expect(seal(key, PLACE, 'Hedy')).rejects.toThrow(RandomSourceError);
  });
});
