// `pnpm bench start`: what it takes until a new isolate answers, beside an empty Worker and one of the libraries alone.
import { readWork } from '../api/salus-works.ts';
import type { Size } from '../arguments.ts';
import { closedLoop } from '../load/closed-loop.ts';
import type { Outcome } from '../outcome.ts';
import { processorNanoseconds } from '../process/processor-time.ts';
import { median, quantile } from '../quantiles.ts';
import type { Suite } from '../suite.ts';
import { startBenchDatabase } from '../system/database.ts';
import { makeAccounts, populate } from '../system/population.ts';
import { type Bundle, bundleSalus, newKeys, type RunningWorker, startSalus } from '../system/salus.ts';
import { bundled } from '../workerd.ts';

const STARTS: Readonly<Record<Size, number>> = { quick: 2, default: 9, full: 25 };
const WARM_SECONDS: Readonly<Record<Size, number>> = { quick: 0.5, default: 2, full: 4 };
/** The database is some way off, as it would be; a first call goes there once more, for the organization's keys. */
const LATENCY = 20;

interface Started {
  /** Milliseconds of processor from nothing to ready; null where the system does not tell. */
  readonly processor: number | null;
  /** The first call, and the median of warm ones, in milliseconds. */
  readonly first: number;
  readonly warm: number;
}

export const startSuite: Suite = {
  title: 'start-up, and the first call beside a warm one',
  seconds: { quick: 30, default: 90, full: 240 },

  async run(size, progress): Promise<Outcome> {
    progress.step('starting PostgreSQL', 0);
    const database = await startBenchDatabase();
    try {
      const keys = await newKeys();
      const accounts = await makeAccounts(database, keys, 0);
      const bundle = await bundleSalus();
      const libraries = moduleOf(await bundled(new URL('libraries-worker.ts', import.meta.url)));
      const setUp = await startSalus({ bundle, database, keys, hasQueue: false });
      const population = await populate(database, setUp, accounts, { own: 64, all: 64 });
      await setUp.stop();
      const read = readWork(population, () => true);

      const starts: Started[] = [];
      const without: Without = { empty: [], libraries: [] };
      for (let start = 0; start < STARTS[size]; start++) {
        progress.step(`start ${start + 1}`, 0.2 + (0.8 * start) / STARTS[size]);
        for (const [name, bare] of [['empty', EMPTY] as const, ['libraries', libraries] as const]) {
          const worker = await startSalus({ bundle: bare, database, keys, hasQueue: false });
          without[name].push(processorOf(worker) ?? Number.NaN);
          await worker.stop();
        }
        await database.latency(LATENCY);
        const salus = await startSalus({ bundle, database, keys, hasQueue: false });
        const processor = processorOf(salus);
        const load = { url: salus.url, work: read, callers: 1 };
        const first = (await closedLoop({ ...load, seconds: 0 })).latencies[0] ?? Number.NaN;
        const { latencies } = await closedLoop({ ...load, seconds: WARM_SECONDS[size] });
        starts.push({ processor, first, warm: quantile(latencies, 0.5) });
        await salus.stop();
        await database.latency(0);
      }
      return outcomeOf(starts, without);
    } finally {
      await database.stop();
    }
  },
};

function processorOf({ pid }: RunningWorker): number | null {
  const nanoseconds = processorNanoseconds(pid);
  return nanoseconds === null ? null : nanoseconds / 1e6;
}

/** Milliseconds of processor until Workers are ready that are bound to all that ours is bound to. */
interface Without {
  readonly empty: number[];
  readonly libraries: number[];
}

/** Bound to the log as ours is. */
const moduleOf = (script: string): Bundle => [
  {
    type: 'ESModule',
    path: '/without/index.js',
    contents: Buffer.from(
      `${script}
       import { DurableObject as OfTheLog } from 'cloudflare:workers';
       export class AuditLog extends OfTheLog {}`,
    ),
  },
];

const EMPTY = moduleOf('export default { fetch: () => new Response() };');

function outcomeOf(starts: readonly Started[], { empty, libraries }: Without): Outcome {
  const processors = starts.flatMap(({ processor }) => processor ?? []);
  const startUp = processors.length === 0 ? null : median(processors) - median(empty);
  const ratio = median(starts.map(({ first, warm }) => first / warm));
  return {
    tables: [
      {
        title: `medians of ${starts.length} starts`,
        columns: ['what', 'milliseconds'],
        rows: [
          ['CPU until ready, Salus', processors.length === 0 ? null : median(processors)],
          ['CPU until ready, its libraries alone', processors.length === 0 ? null : median(libraries)],
          ['CPU until ready, an empty Worker', processors.length === 0 ? null : median(empty)],
          ['first call after the start', median(starts.map(({ first }) => first))],
          ['a warm call', median(starts.map(({ warm }) => warm))],
        ],
      },
    ],
    plots: [],
    targets: [
      {
        what: 'start-up CPU, less that of an empty Worker',
        bound: 'at most',
        limit: 50,
        unit: 'ms',
        value: startUp,
      },
      {
        what: `the first call, ${LATENCY} ms from the database`,
        bound: 'at most',
        limit: 3,
        unit: '× a warm one',
        value: ratio,
      },
    ],
    notes: [
      'A start is of the whole of workerd; the empty Worker is bound to the same services of miniflare (objects, Durable Object), so that their start is not counted.',
      'The size of the bundle is checked by pnpm test.',
    ],
    measured: { starts, empty, libraries },
  };
}
