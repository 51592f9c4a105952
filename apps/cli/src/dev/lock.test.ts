import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { testDirectory } from '../test-directory.ts';
import { lock } from './lock.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await testDirectory();
  file = join(directory, 'lock.sqlite');
});

/** Takes the lock in a process of its own, says so, and keeps it until it is told or killed. */
function contender() {
  const script = `
    const { lock } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
    try { await lock(${JSON.stringify(file)}); console.log('held'); process.stdin.resume(); }
    catch (error) { console.log(error.name === 'CommandError' ? 'refused' : error.message); process.exit(); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  return { child, answer: once(child.stdout, 'data').then(([chunk]) => String(chunk).trim()) };
}

describe('the lock of salus dev', () => {
  it('says whose it is, and is free again once it is released', async () => {
    const held = await lock(file);
    expect(await readFile(`${file}.pid`, 'utf8')).toBe(`${process.pid}\n`);
    expect(held.afterCrash).toBe(false);
    held.release();
    const next = await lock(file);
    expect(next.afterCrash).toBe(false);
    next.release();
  });

  it('is refused to a second, who is told which process holds it and does not disturb it', async () => {
    const held = await lock(file);
    await expect(lock(file)).rejects.toThrow(`running already (process ${process.pid})`);
    const { answer } = contender();
    expect(await answer).toBe('refused');
    expect(await readFile(`${file}.pid`, 'utf8')).toBe(`${process.pid}\n`);
    held.release();
  });

  it('is free when its process was killed, and whoever takes it is told', async () => {
    const { child, answer } = contender();
    expect(await answer).toBe('held');
    child.kill('SIGKILL');
    await once(child, 'close');
    const held = await lock(file);
    expect(held.afterCrash).toBe(true);
    held.release();
  });

  it('goes to one of several who want it at the same time after a crash', async () => {
    const killed = contender();
    await killed.answer;
    killed.child.kill('SIGKILL');
    await once(killed.child, 'close');
    const contenders = Array.from({ length: 6 }, contender);
    const answers = await Promise.all(contenders.map(({ answer }) => answer));
    for (const { child } of contenders) child.kill('SIGKILL');
    expect(answers.toSorted()).toEqual(['held', ...Array(5).fill('refused')]);
  });

  it('is not taken for free when its file is none of ours', async () => {
    await writeFile(file, 'not a database, and long enough that it cannot be an empty one'.repeat(20));
    await expect(lock(file)).rejects.toThrow('not a database');
  });
});
