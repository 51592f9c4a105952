// Numbers that look random and are the same for the same seed (mulberry32, public domain, by T. Ettinger).

export type Random = () => number;

/** Numbers from 0 (inclusive) to 1 (exclusive). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Log-normal around a median, as latencies are: never below nothing, now and then much more. */
export function around(median: number, spread: number, random: Random): number {
  // Box and Muller (1958); 1 - u is never 0, of which there is no logarithm.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(spread * normal);
}
