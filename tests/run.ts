// Every check of the project, in one command: format and lint, types, dead code, the Worker's bundle, then the tests, one
// runtime after another. Each stage runs, whatever became of the one before it; what did not run never counts as passed.
// The last line says how many passed.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');
/**
 * What the Worker may weigh, in kilobytes of 1,024 bytes, compressed. One `import { z } from 'zod'` instead of
 * `import * as z from 'zod'` adds 60, for the messages of fifty languages.
 */
const BUNDLE_AT_MOST = 260;
/** How long a stage may take, in milliseconds, before it is ended and has failed. */
const STAGE_AT_MOST = 30 * 60_000;
/** Lines shown of a stage's output where nobody can scroll: its beginning and its end. */
const SHOWN = { first: 150, last: 150 };
const COLOURS = process.stdout.isTTY && !process.env.NO_COLOR;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Result extends Counts {
  readonly stage: string;
  readonly seconds: number;
}

const PASSED: Counts = { passed: 1, failed: 0, skipped: 0 };
const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };

const scratch = mkdtempSync(join(tmpdir(), 'salus-checks-'));
const results: Result[] = [
  check('format and lint', 'biome', ['check', '.']),
  check('types', 'tsc', ['-p', 'tsconfig.json']),
  check('types of the Worker', 'tsc', ['-p', 'apps/worker/tsconfig.json']),
  check('dead code', 'knip', ['--no-progress', '--treat-config-hints-as-errors']),
  stage('bundle', bundle),
];
const projects = testFiles();
if (projects.size === 0) results.push({ stage: 'tests', ...FAILED, seconds: 0 });
for (const [project, files] of projects)
  results.push(stage(`tests: ${project}`, () => tests(project, files)));
rmSync(scratch, { recursive: true });

console.log('');
for (const result of results) console.log(sentence(result));
const total = (of: keyof Counts) => results.reduce((sum, result) => sum + result[of], 0);
console.log('');
console.log(summary({ passed: total('passed'), failed: total('failed'), skipped: total('skipped') }));
process.exitCode = total('failed') > 0 ? 1 : 0;

function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function sentence(result: Result): string {
  return `${result.failed > 0 ? '✗' : '✓'} ${result.stage.padEnd(22)} ${summary(result)} (${result.seconds.toFixed(0)} s)`;
}

function stage(name: string, count: () => Counts): Result {
  console.log(`\n── ${name}`);
  const started = performance.now();
  const result = { stage: name, ...count(), seconds: (performance.now() - started) / 1000 };
  console.log(sentence(result));
  return result;
}

function check(name: string, command: string, parameters: readonly string[]): Result {
  return stage(name, () => (run(command, parameters) ? PASSED : FAILED));
}

/** Runs a tool of the project and shows what it says. Whether it ended well, and in time. */
function run(command: string, parameters: readonly string[]): boolean {
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const file = join(scratch, 'output.txt');
  const output = COLOURS ? 'inherit' : openSync(file, 'w');
  const { status } = spawnSync(join(BIN, command), parameters, {
    cwd: ROOT,
    stdio: ['ignore', output, output],
    env: {
      ...inherited,
      ...(COLOURS ? {} : { NO_COLOR: '1' }),
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_WRITE_LOGS: 'false',
    },
    timeout: STAGE_AT_MOST,
    killSignal: 'SIGKILL',
  });
  if (output !== 'inherit') {
    closeSync(output);
    show(stripVTControlCharacters(readFileSync(file, 'utf8')).trim());
  }
  if (status === null) console.log(`${command} did not end by itself`);
  return status === 0;
}

function show(text: string): void {
  const all = text === '' ? [] : text.split('\n');
  const left = all.length - SHOWN.first - SHOWN.last;
  if (left > 0) all.splice(SHOWN.first, left, `… ${left} lines more`);
  for (const line of all) console.log(line);
}

/** The Worker builds as it would be deployed, and is as small as it must be. */
function bundle(): Counts {
  const outdir = join(scratch, 'bundle');
  if (!run('wrangler', ['deploy', '--dry-run', '--outdir', outdir])) return FAILED;
  const files = readdirSync(outdir).filter((name) => /\.(js|wasm)$/.test(name));
  const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(outdir, name))).length, 0);
  const kilobytes = Math.ceil(bytes / 1024);
  console.log(`${kilobytes} KB compressed, of ${BUNDLE_AT_MOST}`);
  return files.length > 0 && kilobytes <= BUNDLE_AT_MOST ? PASSED : FAILED;
}

/** How many test files each project of vitest.config.ts has, as vitest finds them. None when it cannot say. */
function testFiles(): Map<string, number> {
  const file = join(scratch, 'files.json');
  const counts = new Map<string, number>();
  if (!run('vitest', ['list', '--filesOnly', `--json=${file}`])) return counts;
  const list = JSON.parse(readFileSync(file, 'utf8')) as readonly { readonly projectName: string }[]; // vitest's own format
  for (const { projectName } of list) counts.set(projectName, (counts.get(projectName) ?? 0) + 1);
  return counts;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** A file that could not start has no failed test, and has failed all the same; so has one of which nothing is reported. */
function tests(project: string, files: number): Counts {
  const file = join(scratch, `${project}.json`);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  const ok = run('vitest', ['run', '--project', project, '--silent=passed-only', ...reporters]);
  if (!statSync(file, { throwIfNoEntry: false })) return FAILED;
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport; // vitest's own format
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      assertionResults.length === 0 ||
      (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')),
  );
  const unreported = Math.max(files - report.testResults.length, 0);
  const failed = report.numFailedTests + broken.length + unreported;
  return {
    passed: report.numPassedTests,
    failed: Math.max(failed, ok && report.numPassedTests > 0 ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
