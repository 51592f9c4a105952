// One line that says what is being measured and how far it has come; where nobody watches, one line a step.
const TERMINAL = process.stderr.isTTY;

export interface Progress {
  /** @param share from 0 to 1 */
  step(what: string, share: number): void;
  done(): void;
}

export function createProgress(suite: string): Progress {
  const started = performance.now();
  const erase = () => {
    if (TERMINAL) process.stderr.write('\r\x1b[K');
  };
  return {
    step(what, share) {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      const line = `${suite} ${String(Math.floor(share * 100)).padStart(3)} % ${seconds.padStart(4)} s  ${what}`;
      erase();
      process.stderr.write(TERMINAL ? line : `${line}\n`);
    },
    done: erase,
  };
}
