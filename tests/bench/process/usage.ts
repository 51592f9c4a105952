// What a process, and all that it has started, has used of the machine so far (proc(5)). Null where the system does not tell.
import { readFileSync } from 'node:fs';
import { children } from './processor-time.ts';

/** Linux counts in hundredths of a second, whatever the machine. */
const MILLISECONDS_A_TICK = 10;

/** Processor time of a process with all its descendants, those that have ended included, in milliseconds. */
export function treeMilliseconds(pid: number): number | null {
  const own = ticksOf(pid);
  if (own === null) return null;
  return children(pid).reduce(
    (sum, child) => sum + (treeMilliseconds(child) ?? 0),
    own * MILLISECONDS_A_TICK,
  );
}

/** The most memory that a process has had at once, in MiB. */
export function peakMemory(pid: number): number | null {
  return memoryLine(pid, 'VmHWM');
}

/** The memory that a process has now, in MiB. */
export function presentMemory(pid: number): number | null {
  return memoryLine(pid, 'VmRSS');
}

/** utime, stime, and the same of children that have ended: fields 14 to 17, which follow the name in parentheses. */
function ticksOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  } catch {
    return null;
  }
}

function memoryLine(pid: number, name: string): number | null {
  try {
    const [, kilobytes] =
      new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  } catch {
    return null;
  }
}
