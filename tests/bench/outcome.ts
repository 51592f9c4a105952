// What a suite hands back: tables for people, plots for the page, targets with their verdicts, and everything that was
// measured. A target's verdict follows from its number, and a target that was not measured is not met.

export type Cell = string | number | null;

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Series {
  readonly name: string;
  /** x and y; null where nothing was measured. */
  readonly points: readonly (readonly [x: number | string, y: number | null])[];
}

export interface Plot {
  readonly kind: 'bars' | 'lines';
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  /** A horizontal line: what a target allows. */
  readonly limit?: number;
}

export interface Target {
  readonly what: string;
  readonly bound: 'at most' | 'at least';
  readonly limit: number;
  /** Such as `×`, `ms` or `events/s`. */
  readonly unit: string;
  /** Null: it could not be measured in this run. */
  readonly value: number | null;
}

export interface Outcome {
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
  readonly targets: readonly Target[];
  /** What a reader must know to read the figures right. */
  readonly notes: readonly string[];
  /** Every number that was measured, in the suite's own shape. */
  readonly measured: unknown;
}

export type Verdict = 'met' | 'missed' | 'not measured';

export function verdictOf({ bound, limit, value }: Target): Verdict {
  if (value === null || !Number.isFinite(value)) return 'not measured';
  return (bound === 'at most' ? value <= limit : value >= limit) ? 'met' : 'missed';
}
