import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { isSalus, lock } from './lock.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'salus-lock-'));
  file = join(directory, 'dev.lock');
});

const yes = () => Promise.resolve(true);
const no = () => Promise.resolve(false);

describe('the lock of salus dev', () => {
  it('says whose it is, and leaves nothing once it is released', async () => {
    const held = await lock(file);
    expect(await readFile(file, 'utf8')).toBe(`${process.pid}\n`);
    expect(held.afterCrash).toBe(false);
    await held.release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is refused to a second, who is told which process holds it and does not disturb it', async () => {
    await lock(file, yes);
    await expect(lock(file, yes)).rejects.toThrow(`running already (process ${process.pid})`);
    expect(await readdir(directory)).toEqual(['dev.lock']);
  });

  it('is taken over from a process that has ended without giving it back', async () => {
    const ended = spawn(process.execPath, ['-e', '0']);
    await once(ended, 'exit');
    await writeFile(file, `${ended.pid}\n`);
    const held = await lock(file);
    expect(held.afterCrash).toBe(true);
    expect(await readFile(file, 'utf8')).toBe(`${process.pid}\n`);
    expect(await readdir(directory)).toEqual(['dev.lock']);
  });

  it('is taken over when the number has gone to a process of another kind', async () => {
    const other = spawn('sleep', ['30']);
    try {
      await once(other, 'spawn');
      expect(await isSalus(Number(other.pid))).toBe(false);
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('is taken over when it cannot be read', async () => {
    await writeFile(file, 'not a number');
    expect((await lock(file)).afterCrash).toBe(true);
  });

  it('goes to one of several who find it stale at the same time', async () => {
    await writeFile(file, '1\n');
    // Everybody here has the same process id, and so the same temporary names: each runs in a process of its own.
    const script = `
      const { lock } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
      const pid = process.pid;
      try { await lock(${JSON.stringify(file)}, async (held) => held !== 1); console.log('held'); }
      catch { console.log('refused'); }`;
    const answers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script]);
        let text = '';
        child.stdout.on('data', (chunk) => {
          text += chunk;
        });
        await once(child, 'close');
        return text.trim();
      }),
    );
    expect(answers.toSorted()).toEqual(['held', ...Array(5).fill('refused')]);
  });

  it('is not taken from whoever took it over while we were looking at the stale one', async () => {
    await writeFile(file, '1\n');
    const overtaken = async () => {
      await writeFile(file, '4711\n');
      return false;
    };
    await expect(lock(file, overtaken)).rejects.toThrow('process 4711');
    expect(await readFile(file, 'utf8')).toBe('4711\n');
  });

  it('is not taken over from a process of which nobody can say what it is but that it is ours', async () => {
    await writeFile(file, '1\n');
    await expect(lock(file, yes)).rejects.toThrow('process 1');
    expect((await lock(file, no)).afterCrash).toBe(true);
  });
});
