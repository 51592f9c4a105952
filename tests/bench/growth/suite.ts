// `pnpm bench growth`: what a read costs when there are ten and a hundred times as many patients and events.

import { salusWorks } from '../api/salus-works.ts';
import { WORKS, type WorkName } from '../api/subject.ts';
import type { Size } from '../arguments.ts';
import { closedLoop, type Work } from '../load/closed-loop.ts';
import type { Outcome, Target } from '../outcome.ts';
import { treeMilliseconds } from '../process/usage.ts';
import { median, quantile } from '../quantiles.ts';
import type { Suite } from '../suite.ts';
import { type BenchDatabase, startBenchDatabase } from '../system/database.ts';
import { fill, makeAccounts, populate } from '../system/population.ts';
import { bundleSalus, newKeys, startSalus } from '../system/salus.ts';
import { growTrail } from './events.ts';

interface Plan {
  readonly patients: readonly number[];
  readonly events: readonly number[];
  readonly runs: number;
  readonly seconds: number;
}

const PLANS: Readonly<Record<Size, Plan>> = {
  quick: { patients: [500, 5_000], events: [2_000, 20_000], runs: 2, seconds: 0.5 },
  default: {
    patients: [10_000, 100_000],
    events: [100_000, 1_000_000],
    runs: 5,
    seconds: 2,
  },
  full: {
    patients: [10_000, 100_000, 1_000_000],
    events: [1_000_000, 10_000_000],
    runs: 5,
    seconds: 5,
  },
};

const READS = ['read', 'list', 'search'] as const satisfies WorkName[];

interface Grown {
  readonly work: WorkName;
  readonly rows: number;
  /** p50 in milliseconds, one caller, no distance. */
  readonly time: number;
  /** Of the database's processes, in milliseconds a call; null where the system does not tell. */
  readonly databaseProcessor: number | null;
}

export const growthSuite: Suite = {
  title: 'reads of a growing database',
  seconds: { quick: 40, default: 300, full: 2_400 },

  async run(size, progress): Promise<Outcome> {
    const plan = PLANS[size];
    progress.step('starting', 0);
    const database = await startBenchDatabase();
    try {
      const keys = await newKeys();
      const accounts = await makeAccounts(database, keys, 0);
      const bundle = await bundleSalus();
      const salus = await startSalus({ bundle, database, keys, hasQueue: false });
      const population = await populate(database, salus, accounts, { own: 640, all: 640 });
      const works = salusWorks(population, []);
      const renew = async () => {
        await population.provider.renew();
        await population.officer.renew();
      };
      const grown: Grown[] = [];
      const measure = async (names: readonly WorkName[], rows: number) => {
        await renew();
        for (const work of names)
          grown.push(await costOf(database, salus.url, works[work], plan, { work, rows }));
      };
      for (const [at, patients] of plan.patients.entries()) {
        progress.step(`${patients} patients`, 0.1 + 0.4 * (at / plan.patients.length));
        await fill(database, patients);
        await measure(READS, patients);
      }
      for (const [at, events] of plan.events.entries()) {
        progress.step(`${events} events`, 0.5 + 0.5 * (at / plan.events.length));
        await growTrail(database, events);
        await measure(['audit'], events);
      }
      await salus.stop();
      return outcomeOf(grown);
    } finally {
      await database.stop();
    }
  },
};

async function costOf(
  database: BenchDatabase,
  url: string,
  work: Work,
  { runs, seconds }: Plan,
  what: Pick<Grown, 'work' | 'rows'>,
): Promise<Grown> {
  await closedLoop({ url, work, callers: 1, seconds: seconds / 2 });
  const times: number[] = [];
  const processors: number[] = [];
  for (let run = 0; run < runs; run++) {
    const before = treeMilliseconds(database.pid);
    const { latencies, calls } = await closedLoop({ url, work, callers: 1, seconds });
    const after = treeMilliseconds(database.pid);
    times.push(quantile(latencies, 0.5));
    if (before !== null && after !== null) processors.push((after - before) / calls);
  }
  return {
    ...what,
    time: median(times),
    databaseProcessor: processors.length === 0 ? null : median(processors),
  };
}

function outcomeOf(grown: readonly Grown[]): Outcome {
  const works = [...new Set(grown.map(({ work }) => work))];
  const ratioOf = (work: WorkName) => {
    const times = grown.filter((one) => one.work === work).map(({ time }) => time);
    return (times.at(-1) ?? Number.NaN) / (times[0] ?? Number.NaN);
  };
  const growthTargets = works.map((work): Target => {
    const sizes = grown.filter((one) => one.work === work).map(({ rows }) => rows.toLocaleString('en-US'));
    return {
      what: `${WORKS[work]}: p50 at ${sizes.at(-1)} beside ${sizes[0]}`,
      bound: 'at most',
      limit: 1.3,
      unit: '×',
      value: ratioOf(work),
    };
  });
  return {
    tables: [
      {
        title: 'one caller, no distance',
        columns: ['what', 'patients or events', 'p50 ms', 'database CPU ms'],
        rows: grown.map(({ work, rows, time, databaseProcessor }) => [
          WORKS[work],
          rows,
          time,
          databaseProcessor,
        ]),
      },
    ],
    plots: [],
    targets: growthTargets,
    notes: [
      "The provider's own 640 patients are read; the others are copies that make tables and indexes as large as they are.",
      'Measured one size after another: a machine that is busier later looks like growth. Database CPU beside it tells the two apart.',
    ],
    measured: grown,
  };
}
