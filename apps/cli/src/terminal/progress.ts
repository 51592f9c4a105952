// A progress bar on stderr, where stderr is a terminal; nothing elsewhere, so that a log of a run stays readable.
import { SingleBar } from 'cli-progress';

export interface Progress {
  show(done: number, total: number): void;
  /** May be called twice. */
  end(): void;
}

export function progress(what: string): Progress {
  if (!process.stderr.isTTY) return { show: () => undefined, end: () => undefined };
  const bar = new SingleBar({
    stream: process.stderr,
    format: `{bar} {value} of {total} ${what}`,
    clearOnComplete: true,
    hideCursor: true,
    stopOnComplete: false,
  });
  let started = false;
  return {
    show(done, total) {
      if (!started) bar.start(total, done);
      started = true;
      bar.setTotal(total);
      bar.update(done);
    },
    end() {
      if (started) bar.stop();
      started = false;
    },
  };
}
