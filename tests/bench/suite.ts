// The form of a suite, and what it is lent.
import type { Size } from './arguments.ts';
import type { Outcome } from './outcome.ts';
import type { Progress } from './progress.ts';

export interface Suite {
  /** One sentence: what is measured. */
  readonly title: string;
  /** About how long it takes, in seconds, on two cores. */
  readonly seconds: Readonly<Record<Size, number>>;
  run(size: Size, progress: Progress): Promise<Outcome>;
}
