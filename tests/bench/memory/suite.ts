// `pnpm bench memory`: whether the Worker's memory grows under traffic that goes on.
import { salusWorks } from '../api/salus-works.ts';
import type { Size } from '../arguments.ts';
import type { Work } from '../load/closed-loop.ts';
import type { Outcome } from '../outcome.ts';
import type { Suite } from '../suite.ts';
import { startBenchDatabase } from '../system/database.ts';
import { makeAccounts, populate } from '../system/population.ts';
import { bundleSalus, newKeys, startSalus } from '../system/salus.ts';
import { type Memory, measureMemory } from './measure.ts';

const SECONDS: Readonly<Record<Size, number>> = { quick: 5, default: 120, full: 3_600 };

/** Between an answer and the next call: people read what they are shown. In milliseconds. */
const PAUSE = 100;

export const memorySuite: Suite = {
  title: "the Worker's memory under traffic that goes on",
  seconds: { quick: 15, default: 140, full: 3_640 },

  async run(size, progress): Promise<Outcome> {
    progress.step('starting', 0);
    const database = await startBenchDatabase();
    try {
      const keys = await newKeys();
      const accounts = await makeAccounts(database, keys, 0);
      const salus = await startSalus({ bundle: await bundleSalus(), database, keys, hasQueue: false });
      const population = await populate(database, salus, accounts, { own: 640, all: 10_000 });
      const { read, list, search, update } = salusWorks(population, []);
      const traffic = [read, list, read, search, read, update].map(
        (work): Work =>
          async (...call) => {
            await population.provider.renew();
            await work(...call);
            await new Promise((resolve) => setTimeout(resolve, PAUSE));
          },
      );
      progress.step(`traffic for ${SECONDS[size]} s`, 0.1);
      const memory = await measureMemory(salus, traffic, SECONDS[size]);
      await salus.stop();
      return outcomeOf(memory);
    } finally {
      await database.stop();
    }
  },
};

function outcomeOf(memory: Memory): Outcome {
  return {
    tables: [
      {
        title: "the Worker's memory",
        columns: ['seconds', 'calls', 'first MiB', 'last MiB'],
        rows: [[memory.seconds, memory.calls, memory.samples[0] ?? null, memory.samples.at(-1) ?? null]],
      },
    ],
    plots: [
      {
        kind: 'lines',
        title: "the Worker's memory under traffic that goes on",
        x: 'sample',
        y: 'MiB',
        series: [{ name: 'workerd', points: memory.samples.map((sample, at) => [at, sample]) }],
      },
    ],
    targets: [
      {
        what: `memory after ${memory.seconds} s of traffic, last quarter beside the second`,
        bound: 'at most',
        limit: 1.1,
        unit: '×',
        value: memory.growth,
      },
    ],
    notes: [
      'Of the whole of workerd: what it keeps for queue and log is not in it, because both run elsewhere.',
    ],
    measured: memory,
  };
}
