// Which cells are measured, and for how long.
import type { Size } from '../arguments.ts';
import type { Cell, Place } from './measure.ts';
import type { SubjectName, WorkName } from './subject.ts';

export interface Plan {
  readonly patients: { readonly own: number; readonly all: number };
  /** How many can sign in, each once in thirty seconds. */
  readonly accounts: number;
  readonly runs: number;
  /** Of one cell, and of one that a target is about. */
  readonly seconds: number;
  readonly decidingSeconds: number;
  readonly cells: readonly Cell[];
  /** Rounds for the share of each part. */
  readonly shareRounds: number;
}

/** Salus with its log comes last of each: what it leaves to its queue is then waited for, and disturbs nobody. */
const SUBJECTS_OF: Readonly<Record<WorkName, readonly SubjectName[]>> = {
  read: ['path', 'article', 'durable', 'worker', 'libraries', 'node', 'salus'],
  list: ['path', 'article', 'durable', 'salus'],
  search: ['path', 'article', 'durable', 'salus'],
  create: ['article', 'durable', 'salus'],
  update: ['article', 'durable', 'salus'],
  audit: ['article', 'durable', 'salus'],
  'sign in': ['article', 'better auth', 'salus'],
};

const WORKS = Object.keys(SUBJECTS_OF) as WorkName[]; // the keys of the table

function cells(
  works: readonly WorkName[],
  callersOf: (work: WorkName) => readonly number[],
  latenciesOf: (work: WorkName) => readonly number[],
): Cell[] {
  return works.flatMap((work) =>
    latenciesOf(work).flatMap((latency) =>
      callersOf(work).flatMap((callers) =>
        SUBJECTS_OF[work].map((subject) => ({ subject, work, callers, latency })),
      ),
    ),
  );
}

/** Reading, which is most of what such an API does, at every distance; the rest at a usual one. */
function latencies(work: WorkName): readonly number[] {
  if (work === 'read') return [0, 5, 20, 80];
  return work === 'list' || work === 'search' ? [0, 20] : [20];
}

/** Where the targets of a read's time look: a tail, or a ratio of some per cent, needs more calls than a second has. */
export const DECIDING = {
  far: { callers: 1, latency: 20 },
  farCrowd: { callers: 32, latency: 20 },
  nearCrowd: { callers: 32, latency: 0 },
} as const satisfies Record<string, Place>;

export function secondsOf({ seconds, decidingSeconds }: Plan, { work, callers, latency }: Cell): number {
  const isDeciding = Object.values(DECIDING).some(
    (place) => work === 'read' && callers === place.callers && latency === place.latency,
  );
  return isDeciding ? decidingSeconds : seconds;
}

export const PLANS: Readonly<Record<Size, Plan>> = {
  quick: {
    patients: { own: 64, all: 1_000 },
    accounts: 120,
    runs: 1,
    seconds: 0.4,
    decidingSeconds: 0.4,
    cells: cells(
      WORKS,
      (work) => (work === 'read' ? [1, 32] : [1]),
      (work) => (work === 'read' ? [0, 20] : [0]),
    ),
    shareRounds: 3,
  },
  default: {
    patients: { own: 640, all: 100_000 },
    accounts: 1_200,
    runs: 3,
    seconds: 1,
    decidingSeconds: 4,
    cells: cells(WORKS, () => [1, 8, 32], latencies),
    shareRounds: 15,
  },
  full: {
    patients: { own: 640, all: 100_000 },
    accounts: 3_000,
    runs: 3,
    seconds: 5,
    decidingSeconds: 10,
    cells: cells(
      WORKS,
      () => [1, 8, 32],
      () => [0, 5, 20, 80],
    ),
    shareRounds: 25,
  },
};
