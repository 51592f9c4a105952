// `pnpm bench crypto`: what sealing and opening cost in workerd, beside bare calls of Web Crypto of the same size.
import type { Size } from '../arguments.ts';
import type { Outcome, Target } from '../outcome.ts';
import { median, quantile } from '../quantiles.ts';
import type { Suite } from '../suite.ts';
import { type InWorkerd, startInWorkerd } from '../workerd.ts';
import { interleave, type Rounds, type Turn } from './interleave.ts';

const PAIRS = {
  seal: 'seal a field',
  open: 'open a field',
  page: 'open a page: 25 patients, 6 fields each, keys unwrapped',
  'unwrap patient key': "unwrap a patient's key",
  'unwrap organization key': "unwrap an organization's key, and derive what hangs under it",
  'blind index': 'blind index of a value',
} as const;

type PairName = keyof typeof PAIRS;

const PAIR_NAMES = Object.keys(PAIRS) as PairName[]; // the keys of the table

const ROUNDS: Readonly<Record<Size, { readonly rounds: number; readonly milliseconds: number }>> = {
  quick: { rounds: 9, milliseconds: 25 },
  default: { rounds: 61, milliseconds: 60 },
  full: { rounds: 201, milliseconds: 100 },
};

interface Measured {
  readonly pair: PairName;
  readonly what: string;
  /** Microseconds a call. */
  readonly salus: number;
  readonly bare: number;
  /** Median of the rounds' own ratios, in which both met the same machine. */
  readonly ratio: number;
  readonly quartiles: readonly [number, number];
  readonly rounds: Rounds;
}

export const cryptoSuite: Suite = {
  title: 'sealing, opening and unwrapping in workerd, beside bare Web Crypto',
  seconds: { quick: 6, default: 60, full: 260 },

  async run(size, progress) {
    const { rounds, milliseconds } = ROUNDS[size];
    const workerd = await startInWorkerd(new URL('worker.ts', import.meta.url));
    try {
      const measured: Measured[] = [];
      for (const [at, pair] of PAIR_NAMES.entries()) {
        progress.step(PAIRS[pair], at / PAIR_NAMES.length);
        measured.push(measuredOf(pair, await interleave(turnOf(workerd, pair), rounds, milliseconds)));
      }
      return outcomeOf(measured, workerd.processorNanoseconds() === null ? 'wall' : 'processor');
    } finally {
      await workerd.stop();
    }
  },
};

/** A turn is timed by what workerd's process takes of the processor, and by the clock where the system does not tell. */
function turnOf(workerd: InWorkerd, pair: PairName): Turn {
  return async (side, calls) => {
    const before = workerd.processorNanoseconds();
    const answer = await workerd.ask({ pair, side, calls: String(calls) });
    const after = workerd.processorNanoseconds();
    if (before !== null && after !== null) return (after - before) / 1000;
    return 1000 * (answer as { milliseconds: number }).milliseconds; // what worker.ts answers
  };
}

function measuredOf(pair: PairName, rounds: Rounds): Measured {
  const ratios = rounds.salus.map((salus, at) => salus / (rounds.bare[at] ?? Number.NaN));
  return {
    pair,
    what: PAIRS[pair],
    salus: median(rounds.salus),
    bare: median(rounds.bare),
    ratio: median(ratios),
    quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    rounds,
  };
}

function outcomeOf(measured: readonly Measured[], clock: 'processor' | 'wall'): Outcome {
  const ratioOf = (pair: PairName) => measured.find((one) => one.pair === pair)?.ratio ?? null;
  const atMost = (what: string, limit: number, value: number | null): Target => ({
    what,
    bound: 'at most',
    limit,
    unit: '× bare',
    value,
  });
  return {
    tables: [
      {
        title: `microseconds a call (${clock} time of workerd), medians`,
        columns: ['what', 'Salus', 'bare Web Crypto', 'ratio', 'middle half of the ratios'],
        rows: measured.map(({ what, salus, bare, ratio, quartiles: [low, high] }) => [
          what,
          salus,
          bare,
          ratio,
          `${low.toFixed(2)} to ${high.toFixed(2)}`,
        ]),
      },
    ],
    plots: [
      {
        kind: 'bars',
        title: 'cost of a call, as a multiple of the bare Web Crypto that it needs',
        x: '',
        y: '×',
        series: [{ name: 'Salus', points: measured.map(({ what, ratio }) => [what, ratio]) }],
      },
    ],
    targets: [
      atMost('opening one field', 1.3, ratioOf('open')),
      atMost('opening a page of 25 patients with 6 fields each', 1.5, ratioOf('page')),
    ],
    notes: [
      'Both sides take turns within one run of one isolate; a ratio is the median of the ratios of its rounds.',
      'A bare call has plaintext and additional data of the same length, and keeps its key imported.',
      "Bare for a key is one decryption and one import; Salus derives four keys below an organization's.",
    ],
    measured,
  };
}
