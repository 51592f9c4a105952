// How often one key may seal. With random nonces of 96 bits the chance that two are equal is below 2^-32 for 2^32 values under
// one key (NIST SP 800-38D §8.3); a key is to be replaced long before. What is counted here is one import of a key in one
// isolate, which lasts for minutes: it stops whatever seals without end, not the sum over years, which docs/threat-model.md
// is about.
import { KeyExhaustedError } from './errors.ts';

export const SEALS_AT_MOST = 2 ** 24;

const spent = new WeakMap<CryptoKey, number>();

/** Counts one seal. @throws KeyExhaustedError */
export function spendSeal(key: CryptoKey): void {
  const seals = (spent.get(key) ?? 0) + 1;
  if (seals > SEALS_AT_MOST) throw new KeyExhaustedError();
  spent.set(key, seals);
}
