// The port that Salus answers on: 8787, or what PORT says, if nobody else is there.
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, isSystemError, UsageError } from '../errors.ts';

const DEFAULT_PORT = 8787;
const HOST = '127.0.0.1';
const STEP = 100;

/** @throws UsageError */
export function portOf(value: string | undefined): number {
  if (value === undefined || value === '') return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535) throw new UsageError('PORT is not a port number (1 to 65535)');
  return port;
}

/**
 * @param patience milliseconds to wait for it: what a killed process has left needs a moment to end
 * @throws CommandError when the port is taken
 */
export async function requireFreePort(port: number, patience = 0): Promise<void> {
  const until = Date.now() + patience;
  for (;;) {
    const fault = await faultOnListening(port);
    if (fault === undefined) return;
    if (!isSystemError(fault, 'EADDRINUSE')) throw new CommandError(`port ${port} cannot be used here`);
    if (Date.now() >= until) {
      throw new CommandError(
        `port ${port} is taken: stop what uses it, or name another one, such as PORT=${port === 65_535 ? 8788 : port + 1}`,
      );
    }
    await sleep(STEP);
  }
}

function faultOnListening(port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen(port, HOST, () => probe.close(() => resolve(undefined)));
  });
}
