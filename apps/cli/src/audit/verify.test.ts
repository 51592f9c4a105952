import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cosigner, verifierKeyOf } from '@salus/audit/log';
import { beforeEach, describe, expect, it } from 'vitest';
import { salus } from '../program.ts';
import { testDirectory } from '../test-directory.ts';
import { KEY, ORIGIN, SIZE, served, verdictOf, writeLog } from './test-log.ts';
import { verifyFrom } from './verify.ts';

let directory: string;

beforeEach(async () => {
  directory = await testDirectory();
  await writeLog(directory);
});

describe('verifying a log', () => {
  it('holds for a directory with its files', async () => {
    expect(await verdictOf(directory)).toMatchObject({ ok: true, origin: ORIGIN, size: SIZE });
  });

  it('holds for a URL with its files, and not for one without', async () => {
    await served(directory, async (url) => {
      expect(await verdictOf(url)).toMatchObject({ ok: true, size: SIZE });
      expect(await verdictOf(`${url}/elsewhere`)).toMatchObject({ ok: false, fault: 'checkpoint_missing' });
    });
  });

  it('fails when one byte of one entry was changed', async () => {
    const file = join(directory, 'tile/entries/000');
    const bytes = await readFile(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect((await verdictOf(directory)).ok).toBe(false);
  });

  it('fails when a file is missing, and says which', async () => {
    await rm(join(directory, 'tile/0/000'));
    expect(await verdictOf(directory)).toMatchObject({
      ok: false,
      fault: 'tile_missing',
      path: 'tile/0/000',
    });
  });

  it('fails with the key of another log, and with none', async () => {
    const other = await verifierKeyOf(ORIGIN, new Uint8Array(32).fill(8));
    expect(await verdictOf(directory, other)).toMatchObject({ ok: false, fault: 'note_unsigned' });
    await expect(verdictOf(directory, 'not a key')).rejects.toMatchObject({ exitCode: 1 });
  });

  it('says nothing of a log that cannot be reached', async () => {
    await expect(verdictOf(join(directory, 'elsewhere'))).rejects.toMatchObject({ exitCode: 2 });
    await expect(verdictOf('http://127.0.0.1:1/log')).rejects.toMatchObject({ exitCode: 2 });
    await expect(verdictOf('ftp://127.0.0.1/log')).rejects.toMatchObject({ exitCode: 2 });
    const earlier = join(directory, 'none');
    await expect(verifyFrom({ log: directory, keys: [KEY], earlier })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('asks for witnesses where they are named, and for as many as it is told', async () => {
    const [first, second] = await Promise.all(
      [21, 22].map((seed) => cosigner(`witness.example/${seed}`, new Uint8Array(32).fill(seed))),
    );
    if (!first || !second) throw new Error('no cosigners');
    const file = join(directory, 'checkpoint');
    const note = await readFile(file, 'utf8');
    const line = await first.cosign(note.slice(0, note.indexOf('\n\n') + 1), 1_700_000_000n);
    await writeFile(file, `${note}${line}\n`);
    const witnesses = [first, second].map(({ verifierKey }) => verifierKey);
    const verdict = async (quorum?: number) =>
      JSON.parse((await verifyFrom({ log: directory, keys: [KEY], witnesses, quorum, json: true })).report);
    expect(await verdict()).toEqual({ ok: false, fault: 'quorum_not_met', path: 'checkpoint' });
    expect(await verdict(1)).toMatchObject({
      ok: true,
      cosignatures: [{ witness: 'witness.example/21', time: '2023-11-14T22:13:20Z' }],
    });
    await expect(verdict(3)).rejects.toMatchObject({ exitCode: 2 });

    const verify = (...more: string[]) => salus(['audit', 'verify', directory, '--key', KEY, ...more]);
    const [one = '', two = ''] = witnesses;
    expect(await verify('--witness', one)).toBe(0);
    expect(await verify('--witness', one, '--witness', two)).toBe(1);
    expect(await verify(`--witness=${one}`, '--witness', two, '--quorum', '1')).toBe(0);
    expect(await verify('--witness', one, '--quorum', 'x')).toBe(2);
    expect(await verify('--witness', KEY)).toBe(1);
    // A shell drops what is not set: to ask for no witness then would say that one has cosigned.
    expect(await verify('--witness')).toBe(2);
    expect(await verify('--witness', one, '--witness')).toBe(2);
  });

  it('takes an earlier key of the log beside its present one', async () => {
    const other = await verifierKeyOf(ORIGIN, new Uint8Array(32).fill(8));
    const verify = (...keys: string[]) =>
      salus(['audit', 'verify', directory, ...keys.flatMap((name) => ['--key', name])]);
    expect(await verify(other, KEY)).toBe(0);
    expect(await verify(other)).toBe(1);
  });

  it('says in a sentence what it found', async () => {
    expect((await verifyFrom({ log: directory, keys: [KEY] })).report).toContain(`${SIZE} entries`);
    await rm(join(directory, 'checkpoint'));
    expect((await verifyFrom({ log: directory, keys: [KEY] })).report).toBe(
      'checkpoint missing (checkpoint)',
    );
  });
});
