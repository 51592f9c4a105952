// How long a process has been on a processor, as Linux counts it. Unlike the time on the wall it does not grow while other
// programs have the processor, so that a busy machine does not look like slow code. Null where the system does not tell.
import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds of all threads that the process has now. For a process whose threads come and go it can go back. */
export function processorNanoseconds(pid: number): number | null {
  return unlessUntold(() => {
    const threads = readdirSync(`/proc/${pid}/task`);
    const times = threads.map((thread) => {
      const [running] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      return Number(running);
    });
    return times.reduce((sum, time) => sum + time, 0);
  });
}

/** Processes that this one has started, and those that they have, by the name of their program. */
export function descendants(name: string, of = process.pid): number[] {
  return children(of).flatMap((pid) => [...(nameOf(pid) === name ? [pid] : []), ...descendants(name, pid)]);
}

/** Processes that another has started and that have not ended. */
export function children(pid: number): number[] {
  const lists = unlessUntold(() =>
    readdirSync(`/proc/${pid}/task`).map((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'),
    ),
  );
  return (lists ?? []).join(' ').split(' ').filter(Boolean).map(Number);
}

function nameOf(pid: number): string | null {
  return unlessUntold(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
}

function unlessUntold<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
