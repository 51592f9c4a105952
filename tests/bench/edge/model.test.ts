// The model says the same for the same seed, and what must hold whatever the noise.
import { describe, expect, it } from 'vitest';
import { ASSUMPTIONS, type CallName, type Deployment, simulate } from './model.ts';
import { seeded } from './random.ts';

const waits = simulate(ASSUMPTIONS, 1_000, seeded(1));

function p50(place: string, call: CallName, deployment: Deployment): number {
  const found = waits.find(
    (one) => one.place === place && one.call === call && one.deployment === deployment,
  );
  return found?.p50 ?? Number.NaN;
}

describe('the model', () => {
  it('says the same for the same seed, and other things for another', () => {
    expect(simulate(ASSUMPTIONS, 1_000, seeded(1))).toEqual(waits);
    expect(simulate(ASSUMPTIONS, 1_000, seeded(2))).not.toEqual(waits);
  });

  it('lets nobody read from the primary in less than it takes to get there', () => {
    expect(p50('Oceania', 'read', 'edge')).toBeGreaterThan(230);
    expect(p50('Oceania', 'read', 'central')).toBeGreaterThan(230);
  });

  it('counts each round trip to a database that is far', () => {
    expect(p50('Asia', 'sign in', 'edge')).toBeGreaterThan(4 * 216);
    expect(p50('Asia', 'sign in', 'placed')).toBeLessThan(3 * 216);
  });
});
