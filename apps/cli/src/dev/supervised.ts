// A program and all that it starts, in a session of their own: Ctrl-C in a terminal does not reach them, and none of them
// outlives this process, not even when it is killed: a shell holds the other end of a pipe and ends them when it closes.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Supervised {
  /** When the program has ended, whatever ended it. */
  readonly ended: Promise<void>;
  /** Asks the program to end, and ends what is left of it and its children after a few seconds. */
  stop(): Promise<void>;
}

/**
 * POSIX sh: "$@" is the program, descriptor 3 the pipe. `kill 0` is for the whole session, the shell included, so it comes
 * last. A program that ends by itself takes its children along as well.
 */
const SUPERVISOR = `
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
(
  while read -r line; do :; done
  kill -TERM "$program"
  sleep 8
  kill -KILL 0
) <&3 >/dev/null 2>&1 &
wait "$program"
kill -KILL 0`;

export function supervise(options: {
  command: readonly string[];
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** Receives what the program prints, line by line. */
  log: (line: string) => void;
}): Supervised {
  const child = start(options);
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
  // The pipe breaks when the shell ends first.
  child.stdin?.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface(stream).on('line', options.log);
  }
  return {
    ended,
    async stop() {
      if (process.platform === 'win32') child.kill();
      child.stdin?.end();
      await ended;
      if (child.pid !== undefined) await sessionGone(child.pid);
    },
  };
}

/** Killed processes without a parent are there until the system has noticed, which may take a moment. */
async function sessionGone(leader: number): Promise<void> {
  if (process.platform === 'win32') return;
  const until = Date.now() + 5000;
  try {
    while (Date.now() < until) {
      process.kill(-leader, 0);
      await sleep(50);
    }
  } catch {
    // None is left.
  }
}

function start({ command, directory, environment }: Parameters<typeof supervise>[0]): ChildProcess {
  const [program = '', ...rest] = command;
  const common = { cwd: directory, env: environment };
  // Windows has no sh; there the program ends with stop() or with the console.
  if (process.platform === 'win32') return spawn(program, rest, common);
  return spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', ...command], { ...common, detached: true });
}
