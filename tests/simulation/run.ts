// Runs the simulation: `node tests/simulation/run.ts --seed 7`, or `SEED=7 node tests/simulation/run.ts`. Without a seed it
// takes a new one. With `--guards` it switches off one guard after another, and has to find out. Ends with 1 when an invariant
// did not hold (or, with `--guards`, when all of them did), and says how to see it again.
import { parseArgs } from 'node:util';
import { GUARDS, type Guard } from './guards.ts';
import { installPlatform } from './platform.ts';
import { type Run, run } from './simulation.ts';
import { type Stage, setStage } from './stage.ts';
import { loadWorkerProgram } from './worker-program.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', multiple: true },
    /** How many seeds, from the first on. */
    runs: { type: 'string', default: '1' },
    /** Turns of each before its faults stop. */
    steps: { type: 'string', default: '1000' },
    trace: { type: 'boolean', default: false },
    guards: { type: 'boolean', default: false },
    /** With `--guards`: those whose name has this. */
    only: { type: 'string', default: '' },
    /** With `--guards`: those alone that are missed at once. */
    soon: { type: 'boolean', default: false },
  },
});
const steps = Number(values.steps);
/** Enough for a guard to be missed, whatever the first seed. */
const SEEDS_FOR_A_GUARD = 20;

installPlatform();
const stage = await setStage();
try {
  const held = values.guards ? await tryGuards(stage) : await runSeeds(stage);
  process.exitCode = held ? 0 : 1;
} finally {
  await stage.close();
}

function seeds(): number[] {
  const given = values.seed ?? (process.env.SEED ? [process.env.SEED] : []);
  const firsts = given.length > 0 ? given.map(Number) : [...crypto.getRandomValues(new Uint32Array(1))];
  return firsts.flatMap((first) => Array.from({ length: Number(values.runs) }, (_, at) => first + at));
}

async function runSeeds(onStage: Stage): Promise<boolean> {
  const program = await loadWorkerProgram();
  let held = true;
  let taken = 0;
  for (const seed of seeds()) {
    const result = await run({ seed, steps, stage: onStage, program });
    taken += result.steps;
    held &&= result.violation === null;
    console.log(sentence(result));
    if (!values.trace) continue;
    for (const line of result.trace) console.log(`  ${line}`);
    console.log(Object.fromEntries(result.faults), Object.fromEntries(result.reports));
  }
  console.log(`${taken} steps`);
  return held;
}

function sentence({ seed, steps: taken, violation, events, faults }: Run): string {
  const count = [...faults.values()].reduce((sum, n) => sum + n, 0);
  if (!violation)
    return `SEED=${seed}: ${taken} steps, ${events} events, ${count} faults, every invariant holds`;
  return `SEED=${seed}: step ${violation.step}: ${violation.invariant} (see it again: --seed ${seed} --steps ${steps} --trace)`;
}

async function tryGuards(onStage: Stage): Promise<boolean> {
  let all = true;
  console.log('| guard that was switched off | seed | step | what was found |\n| --- | --- | --- | --- |');
  const chosen = GUARDS.filter(({ name, soon }) => name.includes(values.only) && (soon || !values.soon));
  for (const guard of chosen) {
    const found = await firstFind(onStage, guard);
    all &&= found?.violation !== undefined;
    const { seed = '', violation } = found ?? {};
    console.log(
      `| ${guard.name} | ${seed} | ${violation?.step ?? ''} | ${violation?.invariant ?? '**nothing**'} |`,
    );
  }
  return all;
}

async function firstFind(onStage: Stage, guard: Guard): Promise<Run | undefined> {
  const program = await loadWorkerProgram(guard.sources);
  const [first = 1] = values.seed?.map(Number) ?? [];
  for (let seed = first; seed < first + SEEDS_FOR_A_GUARD; seed++) {
    const result = await run({ seed, steps, stage: onStage, program, faults: guard.faults, without: guard });
    if (result.violation) return result;
  }
  return undefined;
}
