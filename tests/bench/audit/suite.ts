// `pnpm bench audit`: what the log of events costs to write, to verify and to prove from, and what recording an event adds
// to the database's work for a read.
import type { Size } from '../arguments.ts';
import type { Outcome, Target } from '../outcome.ts';
import type { Suite } from '../suite.ts';
import { type Appended, measureAppend } from './append.ts';
import { type Added, type DatabaseTime, measureDatabaseTime, type ReadTime } from './database-time.ts';
import { measureProof, type Proved } from './proof.ts';
import { measureVerify, type Verified } from './verify.ts';

interface Plan {
  /** Events a second. */
  readonly append: { readonly seconds: number; readonly rates: readonly number[] };
  readonly verify: { readonly leaves: number; readonly rounds: number };
  readonly proof: { readonly size: number; readonly count: number };
  readonly database: { readonly reads: number; readonly rounds: number };
}

const PLANS: Readonly<Record<Size, Plan>> = {
  quick: {
    append: { seconds: 3, rates: [1_000] },
    verify: { leaves: 10_000, rounds: 3 },
    proof: { size: 100_000, count: 10 },
    database: { reads: 100, rounds: 3 },
  },
  default: {
    append: { seconds: 15, rates: [1_000, 3_000, 5_000, 8_000] },
    verify: { leaves: 200_000, rounds: 7 },
    proof: { size: 10_000_000, count: 100 },
    database: { reads: 400, rounds: 11 },
  },
  full: {
    append: { seconds: 60, rates: [1_000, 3_000, 4_000, 5_000, 6_000, 8_000] },
    verify: { leaves: 500_000, rounds: 11 },
    proof: { size: 10_000_000, count: 500 },
    database: { reads: 1_000, rounds: 21 },
  },
};

export const auditSuite: Suite = {
  title: 'the audit log: appending, verifying, proving, and what an event adds to a read',
  seconds: { quick: 40, default: 210, full: 500 },

  async run(size, progress): Promise<Outcome> {
    const plan = PLANS[size];
    progress.step('appending through the Durable Object', 0);
    const appended = await measureAppend(plan.append.seconds, plan.append.rates);
    progress.step('verifying a whole log', 0.35);
    const verified = await measureVerify(plan.verify.leaves, plan.verify.rounds);
    progress.step(`proving from a log of ${plan.proof.size} events`, 0.55);
    const proved = await measureProof(plan.proof.size, plan.proof.count);
    progress.step('what an event adds to the database time of a read', 0.8);
    const database = await measureDatabaseTime(plan.database.reads, plan.database.rounds);
    return outcomeOf(appended, verified, proved, database);
  },
};

function outcomeOf(
  appended: readonly Appended[],
  verified: Verified,
  proved: Proved,
  database: DatabaseTime,
): Outcome {
  const best = Math.max(0, ...appended.filter((one) => one.isSustained).map((one) => one.perSecond));
  const target = (
    bound: Target['bound'],
    limit: number,
    unit: string,
    what: string,
    value: number,
  ): Target => ({
    what,
    bound,
    limit,
    unit,
    value,
  });
  return {
    tables: [
      {
        title: 'appending through the Durable Object, in batches of 100 events',
        columns: ['offered/s', 'taken/s', 'CPU µs an event', 'longest pause s', 'behind s', 'sustained'],
        rows: appended.map((one) => [
          one.offered,
          one.perSecond,
          one.processorMicroseconds,
          one.longestPause,
          one.behind,
          one.isSustained ? 'yes' : 'no',
        ]),
      },
      {
        title: 'verifying and proving',
        columns: ['what', 'value'],
        rows: [
          ['leaves verified a second', verified.perSecond],
          ['leaves a second of bare SHA-256 over the same bytes', verified.bareLeavesPerSecond],
          ['verified, of the speed of bare SHA-256', verified.ratio],
          ['events in the log that is proved from', proved.size],
          ['hashes of the longest proof', proved.hashes],
          ['milliseconds a proof, object storage included', proved.milliseconds],
        ],
      },
      {
        title: 'database time of a read, milliseconds',
        columns: ['', 'statements', 'commit', 'both', 'added: statements, %', 'added: both, %'],
        rows: [
          timeRow('with its event', database.with, database.added),
          timeRow('with a row of one column instead', database.least, database.addedByLeast),
          timeRow('without', database.without),
        ],
      },
    ],
    plots: [
      {
        kind: 'lines',
        title: 'longest time between two checkpoints',
        x: 'events offered a second',
        y: 'seconds',
        series: [
          { name: 'Salus', points: appended.map(({ offered, longestPause }) => [offered, longestPause]) },
        ],
      },
    ],
    targets: [
      target(
        'at least',
        3_000,
        'events/s',
        'appending, with checkpoints each second: the highest rate that was sustained',
        best,
      ),
      target(
        'at least',
        0.7,
        '× bare SHA-256',
        'verifying a log (or 200,000 leaves/s)',
        verifyingScore(verified),
      ),
      target(
        'at most',
        24,
        'hashes',
        `a proof from ${proved.size.toLocaleString('en-US')} events`,
        proved.hashes,
      ),
      target('at most', 10, 'ms', 'the same', proved.milliseconds),
      target('at most', 25, '%', 'the event, of the database time of a read', 100 * database.added.both),
    ],
    notes: [
      'The driver that makes the events runs in the same workerd process, as the queue and its consumer do.',
      'Durable means what local workerd makes durable: SQLite on this disk.',
      'Without its event a read is a transaction that wrote nothing, and its commit waits for no disk: most of what an event adds is that wait.',
      'The row of one column says nothing, in a table without index, key, check or policy: no record of a read can add less and be durable.',
    ],
    measured: { appended, verified, proved, database },
  };
}

function timeRow(what: string, { statements, commit, both }: ReadTime, added?: Added) {
  return [
    what,
    statements,
    commit,
    both,
    added ? 100 * added.statements : null,
    added ? 100 * added.both : null,
  ];
}

/** Either of the two is enough: the better one, as a multiple of the bare loop. */
function verifyingScore({ perSecond, ratio }: Verified): number {
  return Math.max(ratio, (0.7 * perSecond) / 200_000);
}
