// How long to wait after a failure: twice as long each time, from half a minute to an hour, and spread, so that what failed
// together does not come back together.
const FIRST = 30_000;
const LONGEST = 60 * 60_000;

/**
 * @param failures that there have been before, one after the other
 * @param random from 0 to 1
 * @returns milliseconds, from half to all of what the failures ask for
 */
export function backoff(failures: number, random: number): number {
  const whole = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 16));
  return Math.round(whole * (0.5 + random / 2));
}

/** From 0 to 1. */
export function randomFraction(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number / (2 ** 32 - 1);
}
