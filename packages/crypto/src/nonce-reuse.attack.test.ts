// CRY-08: a nonce that is used twice under one key gives the key's secrets away. Every value gets a random one of 96 bits;
// that two of a million are equal has a chance of 2^-57.
import { expect, it } from 'vitest';
import { toHex } from './encoding.ts';
import * as exported from './index.ts';
import { open, seal } from './sealed.ts';
import { PLACE, testSealingKey } from './test-keys.ts';

const MILLION = 1_000_000;
const AT_ONCE = 1000;

it('CRY-08: no nonce repeats in a million seals under one key', { timeout: 120_000 }, async () => {
  const key = await testSealingKey();
  const seen = new Set<bigint>();
  for (let done = 0; done < MILLION; done += AT_ONCE) {
    const batch = await Promise.all(Array.from({ length: AT_ONCE }, () => seal(key, PLACE, '')));
    for (const sealed of batch) seen.add(nonceOf(sealed));
  }
  expect(seen.size).toBe(MILLION);
});

it('CRY-08: every bit of a nonce is random', async () => {
  const key = await testSealingKey();
  const ones = new Array<number>(96).fill(0);
  const samples = 4000;
  for (let at = 0; at < samples; at++) {
    const nonce = nonceOf(await seal(key, PLACE, ''));
    for (const bit of ones.keys()) ones[bit] = (ones[bit] ?? 0) + Number((nonce >> BigInt(bit)) & 1n);
  }
  // Eight standard deviations: 96 fair bits stay within them all but once in 10^13 runs.
  for (const count of ones) expect(Math.abs(count - samples / 2)).toBeLessThan(4 * Math.sqrt(samples));
});

it('sealing the same twice gives different bytes, which both open', async () => {
  const key = await testSealingKey();
  const [a, b] = [await seal(key, PLACE, 'same'), await seal(key, PLACE, 'same')];
  expect(toHex(a)).not.toBe(toHex(b));
  expect([await open(key, PLACE, a), await open(key, PLACE, b)]).toStrictEqual(['same', 'same']);
});

it('nothing that the package exports seals under a nonce of the caller’s choice', () => {
  const sealing = Object.entries(exported).filter(([name]) => /^(seal|encrypt|wrap)|nonce/i.test(name));
  // Neither takes more than a key, a place or purpose, and a value.
  expect(sealing.map(([name, value]) => [name, typeof value === 'function' && value.length])).toStrictEqual([
    ['seal', 3],
    ['sealWithSecret', 3],
  ]);
});

function nonceOf(sealed: Uint8Array): bigint {
  return BigInt(`0x${toHex(sealed.subarray(5, 17))}`);
}
