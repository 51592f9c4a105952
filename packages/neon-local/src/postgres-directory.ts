// The data directory: made whole or not at all, with a random superuser password in a 0600 file beside it, and cleared
// of what a crashed server left, never of what a running one holds.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Account } from './postgres-account.ts';
import { PostgresError } from './postgres-error.ts';

const MAJOR_VERSION = '18';

export interface DirectoryOptions {
  dataDirectory: string;
  /** Path of the binary. */
  initdb: string;
  superuser: string;
  account: Account;
  log: (line: string) => void;
}

/**
 * Leaves a data directory that a server can start on.
 * @returns the superuser's password.
 * @throws PostgresError ALREADY_RUNNING, VERSION_MISMATCH, PASSWORD_MISSING, INITIALISE_FAILED
 */
export async function prepareDataDirectory(options: DirectoryOptions): Promise<string> {
  const { dataDirectory } = options;
  const version = await readText(join(dataDirectory, 'PG_VERSION'));
  if (version === undefined) return initialise(options);
  if (version.trim() !== MAJOR_VERSION) {
    throw new PostgresError('VERSION_MISMATCH', `the data directory is not of PostgreSQL ${MAJOR_VERSION}`);
  }
  await removeStaleProcessFile(dataDirectory);
  const password = (await readText(passwordFile(dataDirectory)))?.trim();
  if (!password) {
    throw new PostgresError('PASSWORD_MISSING', 'the data directory has no password file beside it');
  }
  return password;
}

/** A new directory that the system user `postgres` may enter, when root makes it. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'neon-local-'));
  await chmod(directory, 0o755);
  return directory;
}

function passwordFile(dataDirectory: string): string {
  return `${dataDirectory}.password`;
}

async function initialise({
  dataDirectory,
  initdb,
  superuser,
  account,
  log,
}: DirectoryOptions): Promise<string> {
  // Under another name until it is complete: a crash half way leaves nothing that looks like a data directory.
  const unfinished = `${dataDirectory}.unfinished`;
  const password = randomBytes(24).toString('base64url');
  await mkdir(dirname(dataDirectory), { recursive: true });
  await rm(unfinished, { recursive: true, force: true });
  await rm(passwordFile(dataDirectory), { force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile(dataDirectory), `${password}\n`, { mode: 0o600, flag: 'wx' });
  if (account !== undefined) {
    await chown(unfinished, account.uid, account.gid);
    await chown(passwordFile(dataDirectory), account.uid, account.gid);
  }
  const child = spawn(
    initdb,
    [
      `--pgdata=${unfinished}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile(dataDirectory)}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Built in since PostgreSQL 17: the same order and case rules on every machine, whatever it has installed.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--data-checksums',
    ],
    { ...account, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  createInterface(child.stdout).on('line', log);
  createInterface(child.stderr).on('line', log);
  const code = await new Promise((resolve) => {
    child.on('error', () => resolve(undefined));
    child.on('close', resolve);
  });
  if (code !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new PostgresError('INITIALISE_FAILED', 'initdb failed; its log says why');
  }
  await rename(unfinished, dataDirectory);
  return password;
}

/**
 * A crash leaves postmaster.pid behind. When its number has since gone to another process, PostgreSQL may take that
 * for the old server and refuse to start, so we look at what the process is.
 */
async function removeStaleProcessFile(dataDirectory: string): Promise<void> {
  const file = join(dataDirectory, 'postmaster.pid');
  const text = await readText(file);
  if (text === undefined) return;
  const pid = Number(text.split('\n')[0]);
  if (await isServerOf(pid, dataDirectory)) {
    throw new PostgresError('ALREADY_RUNNING', 'a PostgreSQL runs on this data directory', pid);
  }
  await rm(file, { force: true });
}

async function isServerOf(pid: number, dataDirectory: string): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const command = await commandLine(pid);
  // When nobody can say what the process is, it is not ours to overrule.
  return command === undefined || (command.includes('postgres') && command.includes(dataDirectory));
}

async function commandLine(pid: number): Promise<string | undefined> {
  const linux = await readText(`/proc/${pid}/cmdline`);
  if (linux !== undefined) return linux.replaceAll('\0', ' ');
  return promisify(execFile)('ps', ['-p', String(pid), '-o', 'args='])
    .then(({ stdout }) => stdout)
    .catch(() => undefined);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}
