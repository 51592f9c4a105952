import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { salus } from '../program.ts';
import { testDirectory } from '../test-directory.ts';
import { type Answer, KEY, ORIGIN, served, verdictOf, writeLog } from './test-log.ts';
import { verifyFrom } from './verify.ts';

let directory: string;

beforeEach(async () => {
  directory = await testDirectory();
  await writeLog(directory);
});

describe('verifying a log', () => {
  it('keeps a copy of what it read, which verifies by itself and has everything', async () => {
    const copy = join(directory, 'kept', 'here');
    const { ok } = await verifyFrom({ log: directory, keys: [KEY], copyTo: copy });
    expect(ok).toBe(true);
    expect(await verdictOf(copy)).toEqual(await verdictOf(directory));
    expect(
      (await readdir(copy, { recursive: true }))
        .filter((path) => !/\.p$|^tile(\/(\d|entries))?$/.test(path))
        .toSorted(),
    ).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/44',
    ]);
  });

  it('never writes over a copy, which may be all that shows what the log was', async () => {
    const copy = join(directory, 'kept');
    const verify = (...more: string[]) =>
      salus(['audit', 'verify', directory, '--key', KEY, '--copy', copy, ...more]);
    expect(await verify()).toBe(0);
    const before = await readFile(join(copy, 'tile/entries/000'));
    await rm(join(directory, 'checkpoint'));
    await writeLog(directory, ORIGIN, 'another');
    expect(await verify('--earlier', join(copy, 'checkpoint'))).toBe(2);
    expect(await readFile(join(copy, 'tile/entries/000'))).toEqual(before);
    expect(await verdictOf(copy)).toMatchObject({ ok: true });
  });

  it('keeps a copy of what does not verify, too, and begins one anew that could not be ended', async () => {
    const copy = join(directory, 'kept');
    const verify = (log: string) => salus(['audit', 'verify', log, '--key', KEY, '--copy', copy]);
    const broken: Answer = (response) => response.writeHead(500).end();
    await served(directory, async (url) => expect(await verify(url)).toBe(2), { '/tile/0/001.p/44': broken });
    expect(await verdictOf(copy)).toMatchObject({ fault: 'checkpoint_missing' });
    await rm(join(directory, 'tile/0/001.p/44'));
    expect(await verify(directory)).toBe(1);
    expect(await verdictOf(copy)).toEqual(await verdictOf(directory));
  });

  it.each<[string, (file: string) => unknown]>([
    ['a pipe, which never ends', (file) => execFileSync('mkfifo', [file])],
    ['a directory', (file) => mkdir(file)],
    ['larger than memory', (file) => writeFile(file, '').then(() => truncate(file, 2 ** 40))],
  ])('says so of a copy in which a file is %s', async (_, make) => {
    const file = join(directory, 'tile/0/000');
    await rm(file);
    await make(file);
    await expect(verifyFrom({ log: directory, keys: [KEY] })).rejects.toThrow('is no file of a log');
  });
});
