// The `salus` command as an operator runs it: a process of its own, that a test may kill.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const SALUS = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

export interface Run {
  /** Null when it was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param killWhen asked all the time; when it says so, the process is killed, as a power cut would */
export function salus(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  killWhen: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<Run> {
  const child = spawn(process.execPath, [SALUS, ...args], {
    env: { ...process.env, DATABASE_URL: '', SALUS_STATE: '/nonexistent', NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (data) => {
      text[stream] += data;
    });
  }
  const watch = async () => {
    while (child.exitCode === null && child.signalCode === null) {
      if (await killWhen()) child.kill('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const ended = new Promise<Run>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, ...text }));
  });
  return Promise.all([ended, watch()]).then(([run]) => run);
}

/**
 * Runs a job again and again, killed each time that a random part of what was left is done, until it has come to its end.
 * @param left how much is left to do
 * @returns how much was left each time that it was killed
 */
export async function untilDone(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  { left, random, kills }: { left: () => Promise<number>; random: () => number; kills: number },
): Promise<number[]> {
  const killedAt: number[] = [];
  for (;;) {
    const target = Math.floor((await left()) * (0.5 + random() / 2));
    const mayKill = killedAt.length < kills && target > 0;
    const run = await salus(args, environment, async () => mayKill && (await left()) <= target);
    if (run.exitCode === 0) return killedAt;
    if (run.exitCode !== null) throw new Error(`${args.join(' ')}: ${run.stderr}`);
    killedAt.push(await left());
  }
}
