// When to stop: Ctrl-C, SIGTERM, a closed terminal, or the end of the package manager that started us (killed, it cannot
// tell). A second Ctrl-C while we are stopping changes nothing: what was started is stopped in order.

export interface StopSignal {
  readonly promise: Promise<'stopped'>;
  requested(): boolean;
  /** Lets the process end by itself. */
  forget(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const STEP = 500;

export function untilStopped(): StopSignal {
  const { promise, resolve } = Promise.withResolvers<'stopped'>();
  let requested = false;
  const stop = () => {
    requested = true;
    resolve('stopped');
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  // `npx`, `pnpm` and the like set this for what they run, and stay until it has ended.
  const parent = process.env.npm_lifecycle_event ? process.ppid : undefined;
  const watch = setInterval(() => {
    if (parent !== undefined && process.ppid !== parent) stop();
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
