// What the operating system says of other processes: /proc on Linux, ps elsewhere.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isSystemError } from '../errors.ts';
import { readIfThere } from '../state-directory.ts';

export interface ProcessFacts {
  readonly parent: number;
  /** Its program and arguments. */
  readonly command: string;
}

/** @returns undefined when nobody can say */
export async function factsOf(pid: number): Promise<ProcessFacts | undefined> {
  const [command, status] = await Promise.all(
    ['cmdline', 'status'].map((name) => readIfThere(`/proc/${pid}/${name}`).catch(() => undefined)),
  );
  if (command !== undefined && status !== undefined) {
    const parent = Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]);
    return { parent, command: command.replaceAll('\0', ' ').trim() };
  }
  return promisify(execFile)('ps', ['-p', String(pid), '-o', 'ppid=,args='])
    .then(({ stdout }) => {
      const [, parent, rest = ''] = /^\s*(\d+)\s+(.*)/.exec(stdout) ?? [];
      return parent === undefined ? undefined : { parent: Number(parent), command: rest.trim() };
    })
    .catch(() => undefined);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and another user's.
    return isSystemError(error, 'EPERM');
  }
}

const RUNNER = /(^|[/\s])(npm|npx|pnpm|yarn|bun)\b|^(\S*\/)?(sh|dash|bash) -c /;
const ANCESTORS_AT_MOST = 12;

/** The package managers that started this process, and the shells between them, nearest first. */
export async function runnersOf(
  pid: number,
  facts: (pid: number) => Promise<ProcessFacts | undefined> = factsOf,
): Promise<number[]> {
  const runners: number[] = [];
  let child = await facts(pid);
  while (child && runners.length < ANCESTORS_AT_MOST) {
    const parent = await facts(child.parent);
    if (!parent || !RUNNER.test(parent.command)) return runners;
    runners.push(child.parent);
    child = parent;
  }
  return runners;
}
