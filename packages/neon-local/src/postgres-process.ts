// The server as a child that never outlives this process, not even when it is killed: a shell holds the other end of
// a pipe, and stops the server when the pipe closes. The child has its own session, so that Ctrl-C in a terminal
// reaches this process alone, which can finish its work before it stops the database.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Account } from './postgres-account.ts';
import { PostgresError } from './postgres-error.ts';

export interface ServerProcess {
  /** Stops the server at once but in order ("fast"), and returns when it has exited. */
  stop(): Promise<void>;
}

/** POSIX sh: "$@" is the server, descriptor 3 the pipe. SIGINT is PostgreSQL's fast shutdown, SIGQUIT its last resort. */
const SUPERVISOR = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(
  while read -r line; do :; done
  kill -INT "$server"
  trap 'kill "$sleeper"; exit' TERM
  sleep 10 &
  sleeper=$!
  wait "$sleeper"
  kill -QUIT "$server"
) <&3 >/dev/null 2>&1 &
watcher=$!
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"`;

/**
 * Starts the server and waits until it accepts connections.
 * @throws PostgresError PORT_TAKEN, START_FAILED
 */
export function runServer(options: {
  command: readonly string[];
  account: Account;
  log: (line: string) => void;
}): Promise<ServerProcess> {
  const { command, account, log } = options;
  const child = start(command, account);
  const exited = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
  // The pipe breaks when the server exits by itself; whoever uses the database will notice.
  child.stdin.on('error', () => undefined);
  createInterface(child.stdout).on('line', log);

  return new Promise((resolve, reject) => {
    let portTaken = false;
    createInterface(child.stderr).on('line', (line) => {
      log(line);
      if (line.includes('could not bind')) portTaken = true;
      if (!line.includes('database system is ready to accept connections')) return;
      release(child);
      resolve({
        stop: async () => {
          child.ref();
          if (process.platform === 'win32') child.kill();
          child.stdin.end();
          await exited;
        },
      });
    });
    exited.then(() => {
      if (portTaken) reject(new PostgresError('PORT_TAKEN', 'the port is taken'));
      else reject(new PostgresError('START_FAILED', 'PostgreSQL did not start; its log says why'));
    });
  });
}

function start(command: readonly string[], account: Account): ChildProcessWithoutNullStreams {
  const env = { ...process.env, LC_ALL: 'C' };
  const [program = '', ...rest] = command;
  // Windows has no sh; the server then ends with stop() or with the console.
  if (process.platform === 'win32') return spawn(program, rest, { env });
  return spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', ...command], { ...account, env, detached: true });
}

/** The server keeps running as long as this process does, but does not keep it from ending. */
function release(child: ChildProcessWithoutNullStreams): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
}
