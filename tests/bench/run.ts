// pnpm bench [all|crypto|…] [--quick|--full] [--strict] [--out <directory>]
// Measures what Salus costs beside what else does the same work, in one run on one machine, and says what was measured on
// what. A missed target is shown as missed; it ends the command with a failure only when --strict is given.
import { fileURLToPath } from 'node:url';
import { apiSuite } from './api/suite.ts';
import { type Asked, parseArguments, UsageError } from './arguments.ts';
import { auditSuite } from './audit/suite.ts';
import { cryptoSuite } from './crypto/suite.ts';
import { edgeSuite } from './edge/suite.ts';
import { growthSuite } from './growth/suite.ts';
import { load, machine } from './machine.ts';
import { memorySuite } from './memory/suite.ts';
import { createProgress } from './progress.ts';
import { printOutcome } from './report/console.ts';
import { type Report, reportFacts, type SuiteReport, saveReport, verdicts } from './report/report.ts';
import { startSuite } from './start/suite.ts';
import type { Suite } from './suite.ts';

const SUITES = {
  crypto: cryptoSuite,
  audit: auditSuite,
  api: apiSuite,
  growth: growthSuite,
  memory: memorySuite,
  start: startSuite,
  edge: edgeSuite,
} as const satisfies Record<string, Suite>;

type SuiteName = keyof typeof SUITES;

const NAMES = Object.keys(SUITES) as SuiteName[]; // the keys of the table
const RESULTS = fileURLToPath(new URL('../../bench/results', import.meta.url));

async function main(words: readonly string[]): Promise<void> {
  const asked = parseArguments(words, NAMES, RESULTS);
  if (asked.help) {
    console.log(usage());
    return;
  }
  const started = {
    version: 1,
    startedAt: new Date().toISOString(),
    command: `pnpm bench ${words.join(' ')}`.trimEnd(),
    size: asked.size,
    machine: machine(),
  } as const;
  const facts = reportFacts({ ...started, suites: [] });
  console.log([...facts, `This takes about ${durationText(asked)}.`].join('\n'));

  const suites: SuiteReport[] = [];
  for (const name of asked.suites) suites.push(await runSuite(name, asked));
  const report: Report = { ...started, suites };
  const { json, page } = saveReport(report, asked.out);
  const counts = verdicts(report);
  console.log(`\n${json}\n${page}`);
  console.log(
    `targets: ${counts.met} met, ${counts.missed} missed, ${counts['not measured']} not measured` +
      (asked.size === 'quick' ? ' (--quick is a smoke test: its figures decide nothing)' : ''),
  );
  if (asked.strict && counts.missed + counts['not measured'] > 0) process.exitCode = 1;
}

async function runSuite(name: SuiteName, { size }: Asked<SuiteName>): Promise<SuiteReport> {
  const { title, run } = SUITES[name];
  console.log(`\n── ${name}: ${title}`);
  const progress = createProgress(name);
  const began = performance.now();
  const outcome = await run(size, progress);
  progress.done();
  printOutcome(outcome);
  return { name, title, seconds: (performance.now() - began) / 1000, loadAfter: load(), outcome };
}

function durationText({ suites, size }: Asked<SuiteName>): string {
  const seconds = suites.reduce((sum, name) => sum + SUITES[name].seconds[size], 0);
  return seconds < 90 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}

function usage(): string {
  return [
    'pnpm bench [all|<suite> …] [--quick|--full] [--strict] [--out <directory>]',
    '',
    ...NAMES.map((name) => `  ${name.padEnd(8)} ${SUITES[name].title}`),
    '',
    '  --quick   a smoke test of a few seconds each; its figures decide nothing',
    '  --full    the largest sizes',
    '  --strict  exit code 1 when a target is missed or could not be measured',
    '  --out     where the results go (bench/results)',
  ].join('\n');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage()}`);
  process.exitCode = 2;
}
