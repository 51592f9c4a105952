// What audit, encryption, policy and row-level security each take of a call: the same call with and without, in turns, with
// one caller and no distance to the database, where a share is at its largest.

import type { Work } from '../load/closed-loop.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { processorNanoseconds } from '../process/processor-time.ts';
import type { Progress } from '../progress.ts';
import { median, quantile } from '../quantiles.ts';
import type { BenchDatabase } from '../system/database.ts';
import { type RunningWorker, type SalusKeys, startSalus } from '../system/salus.ts';
import { bundleVariant, type Variant } from './variants.ts';

export const PARTS = ['audit', 'encryption', 'policy', 'row security'] as const;

export type Part = (typeof PARTS)[number];

export interface Share {
  readonly work: string;
  readonly part: Part;
  /** Of the time that a caller waits, from 0 to 1. Below 0 is noise. */
  readonly time: number;
  /** Of the API's processor time; null where the system does not tell. */
  readonly processor: number | null;
}

const SECURED = ['patients', 'patient_keys', 'care_team', 'audit_events'];

interface Turn {
  readonly time: number;
  readonly processor: number | null;
}

export async function measureShares(options: {
  readonly database: BenchDatabase;
  readonly keys: SalusKeys;
  readonly works: Readonly<Record<string, Work>>;
  readonly rounds: number;
  readonly seconds: number;
  readonly progress: Progress;
}): Promise<Share[]> {
  const { database, keys, works, rounds, seconds, progress } = options;
  const workers = new Map<Variant, RunningWorker>();
  try {
    for (const variant of ['none', 'audit', 'encryption', 'policy'] as const) {
      const bundle = await bundleVariant(variant);
      workers.set(variant, await startSalus({ bundle, database, keys, hasQueue: false }));
    }
    const turn = async (variant: Variant, work: Work): Promise<Turn> => {
      const { url = '', pid = 0 } = workers.get(variant) ?? {};
      await closedLoop({ url, work, callers: 1, seconds: 0.1 });
      const before = processorNanoseconds(pid);
      const { latencies, calls } = await closedLoop({ url, work, callers: 1, seconds });
      const after = processorNanoseconds(pid);
      const processor = before === null || after === null ? null : (after - before) / calls;
      return { time: quantile(latencies, 0.5), processor };
    };
    const shares: Share[] = [];
    for (const [name, work] of Object.entries(works)) {
      progress.step(`shares of: ${name}`, 0.9);
      const turns = new Map<Part, { with: Turn; without: Turn }[]>();
      for (let round = 0; round < rounds; round++) {
        for (const part of PARTS) {
          const without = () => (part === 'row security' ? turn('none', work) : turn(part, work));
          if (part === 'row security') await rowSecurity(database, false);
          const first = await without();
          if (part === 'row security') await rowSecurity(database, true);
          turns.set(part, [...(turns.get(part) ?? []), { without: first, with: await turn('none', work) }]);
        }
      }
      for (const part of PARTS) shares.push(shareOf(name, part, turns.get(part) ?? []));
    }
    return shares;
  } finally {
    for (const worker of workers.values()) await worker.stop();
  }
}

function shareOf(work: string, part: Part, turns: readonly { with: Turn; without: Turn }[]): Share {
  const time = median(turns.map((one) => 1 - one.without.time / one.with.time));
  const processors = turns.flatMap((one) =>
    one.with.processor === null || one.without.processor === null
      ? []
      : [1 - one.without.processor / one.with.processor],
  );
  return { work, part, time, processor: processors.length === 0 ? null : median(processors) };
}

async function rowSecurity({ owner }: BenchDatabase, on: boolean): Promise<void> {
  for (const table of SECURED) {
    await owner.query(`alter table salus.${table} ${on ? 'enable' : 'disable'} row level security`);
  }
}
