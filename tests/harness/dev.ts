// `salus dev` as a developer runs it: a process of its own, on a port of its own.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { listenOnLoopback } from './loopback.ts';
import { SALUS } from './salus.ts';

export interface Dev {
  /** What it has printed until now. */
  printed(): string;
  /** As Ctrl-C does. @returns the exit code */
  stop(): Promise<number | null>;
}

/** Starts it and waits until it answers. */
export async function startDev(
  environment: Readonly<Record<string, string>> & { readonly PORT: string },
): Promise<Dev> {
  const child = spawn(process.execPath, [SALUS, 'dev'], {
    env: { ...process.env, ...environment, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      printed += data;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stop = () => {
    child.kill('SIGINT');
    return ended;
  };
  const until = Date.now() + 90_000;
  while ((await statusOf(`http://127.0.0.1:${environment.PORT}/readyz`)) !== 200) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`salus dev did not start:\n${printed}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { printed: () => printed, stop };
}

async function statusOf(url: string): Promise<number | undefined> {
  const answer = await fetch(url).catch(() => undefined);
  return answer?.status;
}

export async function freePort(): Promise<string> {
  const probe = createServer();
  const port = await listenOnLoopback(probe);
  await new Promise((resolve) => probe.close(resolve));
  return String(port);
}
