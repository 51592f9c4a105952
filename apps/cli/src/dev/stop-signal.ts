// When to stop: Ctrl-C, SIGTERM, a closed terminal, or the end of the package manager that started us (npx hands no signal on,
// and one that was killed cannot). A second Ctrl-C while we are stopping changes nothing: what was started is stopped in order.
import { isAlive, runnersOf } from './processes.ts';

export interface StopSignal {
  readonly promise: Promise<'stopped'>;
  requested(): boolean;
  /** Lets the process end by itself. */
  forget(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const STEP = 500;

export async function untilStopped(): Promise<StopSignal> {
  const { promise, resolve } = Promise.withResolvers<'stopped'>();
  let requested = false;
  const stop = () => {
    requested = true;
    resolve('stopped');
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const runners = await runnersOf(process.pid);
  const watch = setInterval(() => {
    if (!runners.every(isAlive)) stop();
  }, STEP);
  return {
    promise,
    requested: () => requested,
    forget() {
      clearInterval(watch);
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}
