import { expect, it } from 'vitest';
import { importAesGcmKey, openBytes, sealBytes } from './aes-gcm.ts';
import { KeyExhaustedError } from './errors.ts';
import { newKey } from './random.ts';
import { SEALS_AT_MOST, spendSeal } from './seal-budget.ts';

it('CRY-08: a key that has sealed as often as it may seals no more, and still opens', {
  timeout: 60_000,
}, async () => {
  const [key, other] = await Promise.all([importAesGcmKey(newKey()), importAesGcmKey(newKey())]);
  const nothing = new Uint8Array();
  for (let seal = 1; seal < SEALS_AT_MOST; seal++) spendSeal(key);
  const last = await sealBytes(key, Uint8Array.of(1), nothing);
  await expect(sealBytes(key, Uint8Array.of(2), nothing)).rejects.toStrictEqual(new KeyExhaustedError());
  expect(await openBytes(key, last, nothing)).toStrictEqual(Uint8Array.of(1));
  await expect(sealBytes(other, Uint8Array.of(2), nothing)).resolves.toBeDefined();
});

it('CRY-08: the budget lies far below 2^32', () => {
  expect(SEALS_AT_MOST).toBeLessThanOrEqual(2 ** 32 / 256);
});
