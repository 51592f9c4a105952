// Every check of the project, in one command: format and lint, types, dead code, the Worker's bundle, then the tests in all
// their runtimes. Each stage runs, whatever became of the one before it. The last line says how many passed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');
/** What the Worker may weigh, in kilobytes of 1,024 bytes, compressed. */
const BUNDLE_AT_MOST = 450;

interface Result {
  readonly stage: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

const scratch = mkdtempSync(join(tmpdir(), 'salus-checks-'));
const results = [
  check('format and lint', 'biome', ['check', '.']),
  check('types', 'tsc', ['-p', 'tsconfig.json']),
  check('types of the Worker', 'tsc', ['-p', 'apps/worker/tsconfig.json']),
  check('dead code', 'knip', ['--no-progress']),
  bundle(),
  tests(),
];
rmSync(scratch, { recursive: true });

console.log('');
for (const { stage, passed, failed, seconds } of results) {
  console.log(
    `${failed > 0 ? '✗' : '✓'} ${stage.padEnd(22)} ${passed} passed, ${failed} failed (${seconds.toFixed(0)} s)`,
  );
}
const total = (of: 'passed' | 'failed' | 'skipped') => results.reduce((sum, result) => sum + result[of], 0);
console.log(`\n${total('passed')} passed, ${total('failed')} failed`);
process.exitCode = total('failed') > 0 ? 1 : 0;

function run(command: string, parameters: readonly string[]): { ok: boolean; seconds: number } {
  const started = performance.now();
  const { status } = spawnSync(join(BIN, command), parameters, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' },
  });
  return { ok: status === 0, seconds: (performance.now() - started) / 1000 };
}

function check(stage: string, command: string, parameters: readonly string[]): Result {
  console.log(`\n── ${stage}`);
  const { ok, seconds } = run(command, parameters);
  return { stage, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, seconds };
}

/** The Worker builds as it would be deployed, and is as small as it must be. */
function bundle(): Result {
  const outdir = join(scratch, 'bundle');
  const built = check('bundle', 'wrangler', ['deploy', '--dry-run', '--outdir', outdir]);
  if (built.failed > 0) return built;
  const files = readdirSync(outdir).filter((name) => /\.(js|wasm)$/.test(name));
  const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(outdir, name))).length, 0);
  const kilobytes = Math.ceil(bytes / 1024);
  console.log(`${kilobytes} KB compressed, of ${BUNDLE_AT_MOST}`);
  const fits = files.length > 0 && kilobytes <= BUNDLE_AT_MOST;
  return { ...built, passed: fits ? 1 : 0, failed: fits ? 0 : 1 };
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTotalTests: number;
  readonly success: boolean;
}

function tests(): Result {
  console.log('\n── tests');
  const file = join(scratch, 'vitest.json');
  const { ok, seconds } = run('vitest', [
    'run',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const report = statSync(file, { throwIfNoEntry: false })
    ? (JSON.parse(readFileSync(file, 'utf8')) as VitestReport) // vitest's own format
    : undefined;
  const passed = report?.numPassedTests ?? 0;
  // A suite that could not start has no failed test; it has failed all the same, and so has a run without tests.
  const failed = Math.max(report?.numFailedTests ?? 1, ok && passed > 0 ? 0 : 1);
  return { stage: 'tests', passed, failed, skipped: report?.numPendingTests ?? 0, seconds };
}
