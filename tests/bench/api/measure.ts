// One cell of the table: one server, one work, so many callers, so far from its database.
import { closedLoop, type Work } from '../load/closed-loop.ts';
import { processorNanoseconds } from '../process/processor-time.ts';
import { peakMemory, treeMilliseconds } from '../process/usage.ts';
import { median, quantile } from '../quantiles.ts';
import type { BenchDatabase } from '../system/database.ts';
import type { Subject, SubjectName, WorkName } from './subject.ts';

export interface Place {
  readonly callers: number;
  /** Of the database, in milliseconds a round trip. */
  readonly latency: number;
}

export interface Cell extends Place {
  readonly subject: SubjectName;
  readonly work: WorkName;
}

export interface Figures {
  readonly calls: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Processor milliseconds a call, of the API's process alone. */
  readonly apiProcessor: number | null;
  /** The same, with the database and what stands before it. */
  readonly allProcessor: number | null;
  /** MiB, since the process began. */
  readonly peakMemory: number | null;
  readonly roundTrips: number;
  readonly statements: number;
}

export interface Measured extends Cell {
  readonly runs: readonly Figures[];
  /** Median of the runs, figure by figure. */
  readonly figures: Figures;
}

const WARM_UP = 0.15;

export async function measureCell(
  database: BenchDatabase,
  subject: Subject,
  work: Work,
  { callers, seconds }: { readonly callers: number; readonly seconds: number },
): Promise<Figures> {
  await closedLoop({ url: subject.url, work, callers, seconds: WARM_UP });
  await database.counters('reset');
  const api = processorNanoseconds(subject.pid);
  const everything = everyMilliseconds(database, subject);
  const { calls, seconds: taken, latencies } = await closedLoop({ url: subject.url, work, callers, seconds });
  const apiAfter = processorNanoseconds(subject.pid);
  const everythingAfter = everyMilliseconds(database, subject);
  const { requests, statements } = await database.counters('read');
  const perCall = (after: number | null, before: number | null) =>
    after === null || before === null ? null : (after - before) / calls;
  return {
    calls,
    perSecond: calls / taken,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    apiProcessor: perCall(apiAfter === null ? null : apiAfter / 1e6, api === null ? null : api / 1e6),
    allProcessor: perCall(everythingAfter, everything),
    peakMemory: peakMemory(subject.pid),
    roundTrips: requests / calls,
    statements: statements / calls,
  };
}

function everyMilliseconds(database: BenchDatabase, { pid }: Subject): number | null {
  const parts = [treeMilliseconds(database.pid), treeMilliseconds(pid)];
  return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part));
}

export function medianOf(runs: readonly Figures[]): Figures {
  const of = (figure: keyof Figures) => median(runs.map((run) => run[figure] ?? Number.NaN));
  const known = (figure: keyof Figures) => (runs.every((run) => run[figure] !== null) ? of(figure) : null);
  return {
    calls: of('calls'),
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    apiProcessor: known('apiProcessor'),
    allProcessor: known('allProcessor'),
    peakMemory: known('peakMemory'),
    roundTrips: of('roundTrips'),
    statements: of('statements'),
  };
}
