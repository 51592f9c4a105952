import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { importSigningKeys } from '@salus/auth';
import { localKeyProvider } from '@salus/crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { testDirectory } from '../test-directory.ts';
import { envLines, keptSecrets, newSecrets, readKeptSecrets } from './secrets.ts';

let directory: string;
beforeEach(async () => {
  directory = await testDirectory();
});

describe('secrets', () => {
  it('are such as the Worker takes, and other ones each time', async () => {
    const [one, other] = [await newSecrets(), await newSecrets()];
    await expect(localKeyProvider(one.SALUS_ROOT_KEY)).resolves.toBeDefined();
    await expect(importSigningKeys(one.SALUS_TOKEN_KEYS)).resolves.toBeDefined();
    expect(Buffer.from(one.LOG_SIGNING_KEY, 'base64')).toHaveLength(32);
    for (const name of ['SALUS_ROOT_KEY', 'SALUS_TOKEN_KEYS', 'LOG_SIGNING_KEY'] as const) {
      expect(one[name]).not.toBe(other[name]);
    }
  });

  it('are kept in a file that nobody else may read, and are the same afterwards', async () => {
    const file = join(directory, 'secrets.json');
    const made = await keptSecrets(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await keptSecrets(file)).toEqual(made);
    expect(await readdir(directory)).toEqual(['secrets.json']);
  });

  it('are not replaced when their file is damaged, and the error does not repeat it', async () => {
    const file = join(directory, 'secrets.json');
    await writeFile(file, '{"SALUS_ROOT_KEY":"c2VjcmV0');
    await expect(keptSecrets(file)).rejects.toThrow(/is damaged/);
    await expect(keptSecrets(file)).rejects.not.toThrow(/c2VjcmV0/);
    await expect(readKeptSecrets(join(directory, 'none.json'))).resolves.toBeUndefined();
  });

  it('come out of an env file as they went in', async () => {
    const secrets = await newSecrets();
    expect(parseEnv(envLines(secrets))).toEqual(secrets);
    expect(() => envLines({ NAME: "it's" })).toThrow('NAME');
  });
});
