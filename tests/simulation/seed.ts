// Before the simulation's tests: the seed of this run, new unless the environment names one, and said at once, so that a run
// that hangs can be had again as well.
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    seed: number;
  }
}

export default function setup(project: TestProject): void {
  const [fresh = 1] = crypto.getRandomValues(new Uint32Array(1));
  const seed = Number(process.env.SEED ?? fresh);
  console.log(`simulation: SEED=${seed}`);
  project.provide('seed', seed);
}
