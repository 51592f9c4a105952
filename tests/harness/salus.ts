// The `salus` command as an operator runs it: a process of its own, that a test may kill.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SALUS = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

export interface Run {
  /** Null when it was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param killAfter milliseconds after which the process is killed, as a power cut would */
export function salus(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  killAfter?: number,
): Promise<Run> {
  const child = spawn(process.execPath, [SALUS, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (data) => {
      text[stream] += data;
    });
  }
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, ...text });
    });
  });
}
