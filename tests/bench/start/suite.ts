// `pnpm bench start`: what it takes until a new isolate is ready, beside an empty Worker and one of the libraries alone, and its
// first call beside a warm one.
import { readWork } from '../api/salus-works.ts';
import type { Size } from '../arguments.ts';
import { closedLoop } from '../load/closed-loop.ts';
import type { Outcome } from '../outcome.ts';
import type { Progress } from '../progress.ts';
import { median, quantile } from '../quantiles.ts';
import type { Suite } from '../suite.ts';
import { startBenchDatabase } from '../system/database.ts';
import { makeAccounts, populate } from '../system/population.ts';
import { type Bundle, bundleSalus, newKeys, startSalus } from '../system/salus.ts';
import { bundled } from '../workerd.ts';
import { startable } from './isolate.ts';

const STARTS: Readonly<Record<Size, number>> = { quick: 3, default: 25, full: 100 };
const FIRST_CALLS: Readonly<Record<Size, number>> = { quick: 2, default: 9, full: 25 };
const WARM_SECONDS: Readonly<Record<Size, number>> = { quick: 0.5, default: 2, full: 4 };
/** The database is some way off, as it would be; a first call goes there once more, for the organization's keys. */
const LATENCY = 20;

/** Milliseconds of processor until a Worker is ready; none where the system does not tell. */
interface Starts {
  readonly salus: number[];
  readonly libraries: number[];
  readonly empty: number[];
}

/** Milliseconds: the first call, and the median of warm ones. */
interface Called {
  readonly first: number;
  readonly warm: number;
}

export const startSuite: Suite = {
  title: 'start-up, and the first call beside a warm one',
  seconds: { quick: 25, default: 60, full: 240 },

  async run(size, progress): Promise<Outcome> {
    const bundle = await bundleSalus();
    const starts = await measureStarts(bundle, STARTS[size], progress);
    return outcomeOf(starts, await measureCalls(bundle, size, progress));
  },
};

async function measureStarts(bundle: Bundle, times: number, progress: Progress): Promise<Starts> {
  const libraries = moduleOf(await bundled(new URL('libraries-worker.ts', import.meta.url)));
  const workers = {
    salus: await startable(bundle),
    libraries: await startable(libraries),
    empty: await startable(EMPTY),
  };
  const starts: Starts = { salus: [], libraries: [], empty: [] };
  try {
    for (let turn = 0; turn < times; turn++) {
      progress.step(`start ${turn + 1}`, (0.3 * turn) / times);
      for (const name of ['salus', 'libraries', 'empty'] as const) {
        const taken = await workers[name].start();
        if (taken !== null) starts[name].push(taken);
      }
    }
    return starts;
  } finally {
    for (const worker of Object.values(workers)) await worker.remove();
  }
}

async function measureCalls(bundle: Bundle, size: Size, progress: Progress): Promise<Called[]> {
  progress.step('starting PostgreSQL', 0.3);
  const database = await startBenchDatabase();
  try {
    const keys = await newKeys();
    const accounts = await makeAccounts(database, keys, 0);
    const setUp = await startSalus({ bundle, database, keys, hasQueue: false });
    const population = await populate(database, setUp, accounts, { own: 64, all: 64 });
    await setUp.stop();
    const work = readWork(population, () => true);
    const calls: Called[] = [];
    for (let turn = 0; turn < FIRST_CALLS[size]; turn++) {
      progress.step(`first call ${turn + 1}`, 0.4 + (0.6 * turn) / FIRST_CALLS[size]);
      const { url, stop } = await startSalus({ bundle, database, keys, hasQueue: false });
      await database.latency(LATENCY);
      const load = { url, work, callers: 1 };
      const first = (await closedLoop({ ...load, seconds: 0 })).latencies[0] ?? Number.NaN;
      const { latencies } = await closedLoop({ ...load, seconds: WARM_SECONDS[size] });
      calls.push({ first, warm: quantile(latencies, 0.5) });
      await database.latency(0);
      await stop();
    }
    return calls;
  } finally {
    await database.stop();
  }
}

const moduleOf = (script: string): Bundle => [
  { type: 'ESModule', path: '/without/index.js', contents: Buffer.from(script) },
];

const EMPTY = moduleOf('export default { fetch: () => new Response() };');

function outcomeOf(starts: Starts, calls: readonly Called[]): Outcome {
  const isTold = starts.salus.length > 0;
  const taken = (name: keyof Starts) => (isTold ? median(starts[name]) : null);
  const beyondEmpty = isTold
    ? median(starts.salus.map((one, i) => one - (starts.empty[i] ?? Number.NaN)))
    : null;
  return {
    tables: [
      {
        title: `medians of ${starts.salus.length} starts and of ${calls.length} first calls`,
        columns: ['what', 'milliseconds'],
        rows: [
          ['CPU until ready, Salus', taken('salus')],
          ['CPU until ready, its libraries alone', taken('libraries')],
          ['CPU until ready, an empty Worker', taken('empty')],
          ['first call after the start', median(calls.map(({ first }) => first))],
          ['a warm call', median(calls.map(({ warm }) => warm))],
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
        value: beyondEmpty,
      },
      {
        what: `the first call, ${LATENCY} ms from the database`,
        bound: 'at most',
        limit: 3,
        unit: '× a warm one',
        value: median(calls.map(({ first, warm }) => first / warm)),
      },
    ],
    notes: [
      'A start is of the whole of workerd, with a Worker that is bound to nothing; all of its threads count.',
      'The size of the bundle is checked by pnpm test.',
    ],
    measured: { starts, calls },
  };
}
