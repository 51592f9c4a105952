// What `salus dev` keeps between runs, in `.salus/` of the checkout: the database, the Worker's storage, secrets, demo users.
// Files of ours are readable by their owner alone and appear whole or not at all.
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSystemError } from './errors.ts';

/** The checkout that this command belongs to. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** SALUS_STATE names another directory, for a second environment beside the first. */
export function stateDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.SALUS_STATE || join(ROOT, '.salus');
}

/** PostgreSQL, started by root, runs as another user and has to pass through. */
export async function makeStateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, process.getuid?.() === 0 ? 0o711 : 0o700);
}

export async function writePrivately(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${process.pid}.unfinished`;
  await writeFile(unfinished, text, { mode: 0o600 });
  await rename(unfinished, file);
}

/** @returns undefined when there is no such file */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
