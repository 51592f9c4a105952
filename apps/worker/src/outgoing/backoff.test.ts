// docs/deploy.md promises when a destination is asked again.
import { expect, it } from 'vitest';
import { backoff, randomFraction } from './backoff.ts';

it('begins with half a minute, and ends with an hour', () => {
  expect([0, 1, 2, 6, 7, 50, 10_000].map((failures) => backoff(failures, 1) / 1000)).toEqual([
    30, 60, 120, 1920, 3600, 3600, 3600,
  ]);
});

it('is spread over the second half', () => {
  expect([backoff(0, 0), backoff(50, 0)]).toEqual([15_000, 1_800_000]);
  const fractions = Array.from({ length: 100 }, randomFraction);
  expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
  expect(new Set(fractions).size).toBeGreaterThan(90);
});
