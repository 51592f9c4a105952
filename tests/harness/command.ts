// The `salus` command as a process, as whoever installed it runs it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param environment further variables of its environment */
export function salus(argv: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const env = { ...process.env, DATABASE_URL: '', SALUS_STATE: '/nonexistent', ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...argv], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    }).stdin?.end();
  });
}
