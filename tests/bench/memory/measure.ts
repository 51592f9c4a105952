// Whether the Worker's memory grows under traffic that goes on: reads, lists, searches and changes, in turn.
import { closedLoop, type Work } from '../load/closed-loop.ts';
import { presentMemory } from '../process/usage.ts';
import { median } from '../quantiles.ts';
import type { RunningWorker } from '../system/salus.ts';

export interface Memory {
  readonly seconds: number;
  readonly calls: number;
  /** MiB, evenly spaced. */
  readonly samples: readonly number[];
  /** Median of the last quarter, as a multiple of that of the second; null where the system does not tell. */
  readonly growth: number | null;
}

const SAMPLES = 60;

export async function measureMemory(
  { url, pid }: RunningWorker,
  works: readonly Work[],
  seconds: number,
): Promise<Memory> {
  const samples: number[] = [];
  const sampling = setInterval(
    () => samples.push(presentMemory(pid) ?? Number.NaN),
    (1000 * seconds) / SAMPLES,
  );
  const work: Work = async (connection, caller, turn) => {
    await works[turn % works.length]?.(connection, caller, turn);
  };
  const { calls } = await closedLoop({ url, work, callers: 4, seconds });
  clearInterval(sampling);
  const quarter = (from: number) =>
    median(samples.slice(Math.floor(from * samples.length), Math.floor((from + 0.25) * samples.length) || 1));
  const isTold = samples.length > 3 && samples.every(Number.isFinite);
  return { seconds, calls, samples, growth: isTold ? quarter(0.75) / quarter(0.25) : null };
}
