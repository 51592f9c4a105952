// What `pnpm bench` is asked for: which suites, and how much of each.
import { parseArgs } from 'node:util';

/** quick: a smoke test, of a few seconds each. full: what docs/performance.md quotes at its largest. */
export type Size = 'quick' | 'default' | 'full';

export interface Asked<N extends string> {
  readonly suites: readonly N[];
  readonly size: Size;
  /** A missed target is a failure. */
  readonly strict: boolean;
  readonly help: boolean;
  /** Where the results go. */
  readonly out: string;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function parseArguments<N extends string>(
  words: readonly string[],
  known: readonly N[],
  defaultOut: string,
): Asked<N> {
  const { values, positionals } = parsed(words);
  const named = positionals.filter((word) => word !== 'all');
  const unknown = named.find((word) => !known.some((name) => name === word));
  if (unknown !== undefined) throw new UsageError(`no suite is called ${unknown}`);
  if (values.quick && values.full) throw new UsageError('--quick and --full exclude each other');
  return {
    suites: named.length === 0 ? known : known.filter((name) => named.includes(name)),
    size: values.quick ? 'quick' : values.full ? 'full' : 'default',
    strict: values.strict,
    help: values.help,
    out: values.out ?? defaultOut,
  };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'not understood');
  }
}
