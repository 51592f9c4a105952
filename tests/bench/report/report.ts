// What one run of `pnpm bench` has found, and its two files: JSON for programs, a page for people.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Size } from '../arguments.ts';
import type { Machine } from '../machine.ts';
import { type Outcome, type Verdict, verdictOf } from '../outcome.ts';
import { pageHtml } from './page.ts';

export interface SuiteReport {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  /** Of the machine, when the suite had ended. */
  readonly loadAfter: number;
  readonly outcome: Outcome;
}

export interface Report {
  /** Of this format. */
  readonly version: 1;
  readonly startedAt: string;
  readonly command: string;
  readonly size: Size;
  readonly machine: Machine;
  readonly suites: readonly SuiteReport[];
}

/** What stands above every figure. */
export function reportFacts({ machine, startedAt, command }: Report): string[] {
  const { processor, cores, memoryGiB, system, node, workerd, loadBefore } = machine;
  return [
    `${startedAt}, ${command}`,
    `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}`,
    `node ${node}, workerd ${workerd}; load before: ${loadBefore}${loadBefore > 0.5 ? ' (not a quiet machine)' : ''}`,
  ];
}

/** How many targets are met, missed and not measured. */
export function verdicts({ suites }: Report): Readonly<Record<Verdict, number>> {
  const counts = { met: 0, missed: 0, 'not measured': 0 };
  for (const { outcome } of suites) for (const target of outcome.targets) counts[verdictOf(target)] += 1;
  return counts;
}

/** Each target stands in the JSON with its verdict. @returns the two paths */
export function saveReport(report: Report, directory: string): { json: string; page: string } {
  mkdirSync(directory, { recursive: true });
  const name = `${report.startedAt.replaceAll(/[:.]/g, '-')}-${report.size}`;
  const json = join(directory, `${name}.json`);
  const page = join(directory, `${name}.html`);
  const suites = report.suites.map(({ outcome, ...suite }) => ({
    ...suite,
    ...outcome,
    targets: outcome.targets.map((target) => ({ ...target, verdict: verdictOf(target) })),
  }));
  writeFileSync(json, `${JSON.stringify({ ...report, suites }, null, 2)}\n`);
  writeFileSync(page, pageHtml(report));
  return { json, page };
}
