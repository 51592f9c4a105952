import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cosigner, makeTlogProof, verifierKeyOf } from '@salus/audit/log';
import { beforeEach, expect, it } from 'vitest';
import { salus } from '../program.ts';
import { testDirectory } from '../test-directory.ts';
import { verifyProofs } from './proof.ts';
import { KEY, ORIGIN, SEED, writeLog } from './test-log.ts';

let directory: string;

beforeEach(async () => {
  directory = await testDirectory();
  await writeLog(directory);
});

it('verifies the proof of one event as somebody was given it, and a list of them', async () => {
  const read = (path: string) => readFile(join(directory, path)).catch(() => null);
  const lines = await Promise.all(
    [0, 299].map(async (index) => {
      const bytes = await makeTlogProof({ read, verifierKey: KEY, index });
      return {
        leaf: `{"at":${index}}`,
        proof: new TextDecoder().decode(bytes),
        verifierKey: 'of no matter',
      };
    }),
  );
  const [one, last] = lines;
  const file = join(directory, 'proofs');
  const verify = async (objects: readonly unknown[], ...more: string[]) => {
    await writeFile(file, `${objects.map((object) => JSON.stringify(object)).join('\n')}\n`);
    return salus(['audit', 'proof', file, '--key', KEY, ...more]);
  };
  expect(await verify([one])).toBe(0);
  expect(
    await verify([
      { entry: { what: 'opened your record' }, proof: one },
      { entry: {}, proof: last },
    ]),
  ).toBe(0);
  expect(await verify([one, { ...last, leaf: '{"at":298}' }])).toBe(1);
  expect(await verify([one, { entry: {}, proof: null }])).toBe(1);
  expect(await verify([one, 'else'])).toBe(1);
  expect(await verify([one], '--witness', (await cosigner('w.example', SEED)).verifierKey)).toBe(1);
  await writeFile(file, `${JSON.stringify(one)}\n\n${JSON.stringify({ ...last, leaf: '{}' })}\n`);
  const { ok, report } = await verifyProofs({ file, keys: [KEY], json: true });
  expect({ ok, ...JSON.parse(report) }).toEqual({
    ok: false,
    proofs: [
      { line: 1, ok: true, index: '0' },
      { line: 2, ok: false, fault: 'not_included' },
    ],
  });
  expect(await salus(['audit', 'proof', file, '--key', 'none'])).toBe(2);
  expect(await salus(['audit', 'proof', file, '--key', KEY, '--quorum', '1'])).toBe(2);
  expect(await salus(['audit', 'proof', join(directory, 'none'), '--key', KEY])).toBe(2);
});

it('verifies a list of events of several logs, each under the key of its own', async () => {
  const other = ORIGIN.replace('2026', '2027');
  const otherDirectory = await testDirectory();
  await writeLog(otherDirectory, other);
  const otherKey = await verifierKeyOf(other, SEED);
  const file = join(directory, 'proofs');
  const lineOf = async (from: string, verifierKey: string) => {
    const read = (path: string) => readFile(join(from, path)).catch(() => null);
    const proof = await makeTlogProof({ read, verifierKey, index: 1 });
    return JSON.stringify({ leaf: '{"at":1}', proof: new TextDecoder().decode(proof) });
  };
  await writeFile(file, `${await lineOf(directory, KEY)}\n${await lineOf(otherDirectory, otherKey)}\n`);
  const verify = (...keys: string[]) =>
    salus(['audit', 'proof', file, ...keys.flatMap((key) => ['--key', key])]);
  expect(await verify(KEY, otherKey)).toBe(0);
  expect(await verify(KEY)).toBe(1);
  expect(await verify(KEY, await verifierKeyOf(other, new Uint8Array(32).fill(8)))).toBe(1);
  expect(await verify(KEY, otherKey, 'none')).toBe(2);
});
