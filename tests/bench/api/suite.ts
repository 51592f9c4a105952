// `pnpm bench api`: the works of an API, by Salus and by what a user would pick instead, on one machine and one PostgreSQL.
import type { Outcome } from '../outcome.ts';
import type { Progress } from '../progress.ts';
import type { Suite } from '../suite.ts';
import type { BenchDatabase } from '../system/database.ts';
import { type Cell, type Figures, type Measured, measureCell, medianOf } from './measure.ts';
import { outcomeOf } from './outcome.ts';
import { PLANS, type Plan, secondsOf } from './plan.ts';
import { measureShares } from './shares.ts';
import { type Field, startField } from './start.ts';
import { SUBJECTS, WORKS } from './subject.ts';

export const apiSuite: Suite = {
  title: "the API's works beside the article's stack, Better Auth, and the least that a server can do",
  seconds: { quick: 120, default: 1_500, full: 5_700 },

  async run(size, progress): Promise<Outcome> {
    const plan = PLANS[size];
    const field = await startField(plan, progress);
    try {
      const { measured, failures } = await measureAll(field, plan, progress);
      const shares = await measureShares({
        database: field.database,
        keys: field.keys,
        works: field.partWorks,
        rounds: plan.shareRounds,
        seconds: Math.min(plan.seconds, 1),
        progress,
      });
      return outcomeOf({ measured, shares, plan, failures });
    } finally {
      await field.stop();
    }
  },
};

/** Whole runs one after another, and within a run everybody at one work right after each other: so all meet the same machine. */
async function measureAll(
  field: Field,
  plan: Plan,
  progress: Progress,
): Promise<{ measured: Measured[]; failures: ReadonlySet<string> }> {
  const failures = new Set<string>();
  const runs = new Map<Cell, Figures[]>(plan.cells.map((cell) => [cell, []]));
  let done = 0;
  for (let run = 0; run < plan.runs; run++) {
    for (const [cell, figures] of runs) {
      const subject = field.subjects.find(({ name }) => name === cell.subject);
      const work = subject?.works[cell.work];
      if (!subject || !work) throw new Error(`${cell.subject} cannot ${cell.work}`);
      const share = 0.1 + (0.8 * done++) / (plan.runs * plan.cells.length);
      progress.step(
        `${WORKS[cell.work]}: ${cell.subject}, ${cell.callers} callers, ${cell.latency} ms`,
        share,
      );
      await field.renew();
      await field.database.latency(cell.latency);
      try {
        const load = { callers: cell.callers, seconds: secondsOf(plan, cell) };
        figures.push(await measureCell(field.database, subject, work, load));
      } catch (error) {
        // A figure with failures in it would be of something else; what others did is measured all the same.
        failures.add(`${SUBJECTS[cell.subject]}, ${WORKS[cell.work]}: ${messageOf(error)}`);
      }
      await field.database.latency(0);
      if (cell.subject === 'salus') await untilQuiet(field.database);
    }
  }
  const measured = [...runs].flatMap(([cell, figures]) =>
    figures.length === 0 ? [] : [{ ...cell, runs: figures, figures: medianOf(figures) }],
  );
  return { measured, failures };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}

/** A batch of the queue waits a second for more: after that long without a request the log has caught up. */
async function untilQuiet(database: BenchDatabase): Promise<void> {
  for (let before = -1; ; ) {
    const { requests } = await database.counters('read');
    if (requests === before) return;
    before = requests;
    await new Promise((resolve) => setTimeout(resolve, 1_300));
  }
}
