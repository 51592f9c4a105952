import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { factsOf, isAlive } from './processes.ts';
import { supervise } from './supervised.ts';

/** A program that says its own number and that of a child which ignores every polite request. */
const STUBBORN = `trap '' TERM INT HUP; sleep 60 & echo $$ $!; wait; wait`;

/** Gone, or dead and not yet collected. */
async function hasEnded(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (!isAlive(pid) || (await factsOf(pid))?.command === '') return true;
    await sleep(100);
  }
  return false;
}

describe('a supervised program', () => {
  it('ends with its children when it is stopped', async () => {
    const lines: string[] = [];
    const program = supervise({
      command: ['/bin/sh', '-c', 'sleep 60 & echo $$ $!; wait'],
      directory: '/',
      environment: process.env,
      log: (line) => lines.push(line),
    });
    await expect.poll(() => lines.length).toBe(1);
    const pids = String(lines[0]).split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    await program.stop();
    expect(await Promise.all(pids.map(hasEnded))).toEqual([true, true]);
  });

  it('takes its children along when it ends by itself', async () => {
    const lines: string[] = [];
    const program = supervise({
      command: ['/bin/sh', '-c', 'sleep 60 & echo $!'],
      directory: '/',
      environment: process.env,
      log: (line) => lines.push(line),
    });
    await program.ended;
    expect(lines).toHaveLength(1);
    expect(await hasEnded(Number(lines[0]))).toBe(true);
  });

  it('does not outlive a process that is killed, however stubborn it is', { timeout: 20_000 }, async () => {
    const script = `
      const { supervise } = await import(${JSON.stringify(new URL('./supervised.ts', import.meta.url).href)});
      supervise({ command: ['/bin/sh', '-c', ${JSON.stringify(STUBBORN)}], directory: '/', environment: process.env,
        log: (line) => console.log(line) });`;
    const killed = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script]);
    const [line] = await once(killed.stdout, 'data');
    const pids = String(line).trim().split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    killed.kill('SIGKILL');
    expect(await Promise.all(pids.map(hasEnded))).toEqual([true, true]);
  });
});
