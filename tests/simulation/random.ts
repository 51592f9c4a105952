// Chance that can be had again: xoshiro128** (Blackman and Vigna 2018), seeded through splitmix32. Everything that a
// simulation leaves to chance is drawn from one of these, so that its seed is all there is to know of a run.

export interface Random {
  /** From 0 (inclusive) to 1 (exclusive). */
  fraction(): number;
  /** A whole number from 0 (inclusive) to `below` (exclusive). */
  below(below: number): number;
  happens(probability: number): boolean;
  /** @throws RangeError when there is nothing to choose from */
  oneOf<T>(list: readonly T[]): T;
  /** One of the list, each as likely as its weight says. @throws RangeError */
  weighted<T extends { readonly weight: number }>(list: readonly T[]): T;
  shuffled<T>(list: readonly T[]): T[];
  fill(bytes: Uint8Array): void;
}

export function createRandom(seed: number): Random {
  const state = seedState(seed);

  const next = (): number => {
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    const [c1, d1] = [c ^ a, d ^ b];
    state[1] = b ^ c1;
    state[0] = a ^ d1;
    state[2] = c1 ^ t;
    state[3] = rotate(d1, 11);
    return result;
  };

  const random: Random = {
    fraction: () => next() / 2 ** 32,
    below: (below) => Math.floor(random.fraction() * below),
    happens: (probability) => random.fraction() < probability,
    oneOf(list) {
      if (list.length === 0) throw new RangeError('nothing to choose from');
      return list[random.below(list.length)] as (typeof list)[number]; // below() stays within the list
    },
    weighted(list) {
      let left = random.fraction() * list.reduce((sum, { weight }) => sum + weight, 0);
      for (const choice of list) {
        left -= choice.weight;
        if (left < 0) return choice;
      }
      return random.oneOf(list.slice(-1));
    },
    shuffled(list) {
      const rest = [...list];
      const shuffled: typeof rest = [];
      while (rest.length > 0) shuffled.push(...rest.splice(random.below(rest.length), 1));
      return shuffled;
    },
    fill(bytes) {
      for (let at = 0; at < bytes.length; at++) bytes[at] = next() >>> 24;
    },
  };
  return random;
}

function seedState(seed: number): Uint32Array {
  let z = seed >>> 0;
  return Uint32Array.from({ length: 4 }, () => {
    z = (z + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  });
}

function rotate(value: number, by: number): number {
  return ((value << by) | (value >>> (32 - by))) >>> 0;
}
