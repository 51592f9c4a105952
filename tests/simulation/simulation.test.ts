// Ten thousand turns and more of the Worker's own program among faults: seeds that once failed, and new ones. Each is run by
// run.ts, the way anybody runs it again.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import corpus from './corpus.json' with { type: 'json' };
import { GUARDS } from './guards.ts';
import { replacedOnce } from './worker-program.ts';

const RUN = fileURLToPath(new URL('run.ts', import.meta.url));
const ROOT = new URL('../../', import.meta.url);
const STEPS_AT_LEAST = 10_000;
const STEPS_OF_A_RUN = 1_000;

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly steps: number;
}

function simulate(...parameters: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [RUN, ...parameters], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const steps = Number(/^(\d+) steps$/m.exec(stdout)?.[1] ?? 0);
      resolve({ code: error ? 1 : 0, output: `${stdout}${stderr}`, steps });
    });
  });
}

describe('the simulation', () => {
  it('holds every invariant for ten thousand turns, of seeds that once failed and of new ones', async () => {
    const seed = inject('seed');
    const known = corpus.flatMap((entry) => ['--seed', String(entry.seed)]);
    const outcomes = await Promise.all([
      simulate(...known, '--steps', String(STEPS_OF_A_RUN)),
      simulate('--seed', String(seed), '--runs', '6', '--steps', String(STEPS_OF_A_RUN)),
    ]);
    for (const { code, output } of outcomes) expect(code, output).toBe(0);
    expect(outcomes.reduce((sum, { steps }) => sum + steps, 0)).toBeGreaterThanOrEqual(STEPS_AT_LEAST);
  });

  it('makes the same run of the same seed', async () => {
    const seed = String(inject('seed'));
    const [first, second] = await Promise.all(
      [1, 2].map(() => simulate('--seed', seed, '--steps', '250', '--trace')),
    );
    expect(first?.code, first?.output).toBe(0);
    expect(first?.output.split('\n').length).toBeGreaterThan(250);
    expect(second?.output).toBe(first?.output);
  });
});

describe('a guard that is switched off', () => {
  it('is missed', async () => {
    const { code, output } = await simulate('--guards', '--soon', '--steps', '600');
    expect(code, output).toBe(0);
    expect(output.split('\n').filter((line) => line.startsWith('| ')).length).toBeGreaterThan(5);
  });

  it.each(GUARDS.flatMap(({ name, sources = [] }) => sources.map((edit) => [name, edit] as const)))(
    'is still where it was: %s',
    async (_, edit) => {
      const text = await readFile(new URL(edit.path, ROOT), 'utf8');
      expect(replacedOnce(text, edit)).not.toBe(text);
    },
  );
});
