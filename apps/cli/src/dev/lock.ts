// One `salus dev` at a time on one state directory. The lock file appears whole, by a link, and says whose it is; what a
// killed process left behind is recognised and taken over.
import { link, rename, rm, writeFile } from 'node:fs/promises';
import { CommandError, isSystemError } from '../errors.ts';
import { readIfThere } from '../state-directory.ts';
import { factsOf, isAlive } from './processes.ts';

export interface Lock {
  /** Whether the process that held the lock before ended without giving it back. */
  readonly afterCrash: boolean;
  release(): Promise<void>;
}

/**
 * @param isOurs whether a process that is alive is the one that a lock speaks of, and not one that was given its number since
 * @throws CommandError when another process holds the lock
 */
export async function lock(file: string, isOurs: (pid: number) => Promise<boolean> = isSalus): Promise<Lock> {
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, `${process.pid}\n`, { mode: 0o600 });
  try {
    const afterCrash = !(await linked(mine, file));
    if (afterCrash) {
      await removeStale(file, isOurs);
      if (!(await linked(mine, file))) throw running(await holder(file));
    }
    return { afterCrash, release: () => rm(file, { force: true }) };
  } finally {
    await rm(mine, { force: true });
  }
}

async function removeStale(file: string, isOurs: (pid: number) => Promise<boolean>): Promise<void> {
  const pid = await holder(file);
  if (pid !== undefined && (await isOurs(pid))) throw running(pid);
  // Of two who find it stale one moves it away; the other finds it gone, or a new one, which is put back.
  const aside = `${file}.${process.pid}.stale`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  if ((await holder(aside)) !== pid) await linked(aside, file);
  await rm(aside, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

async function holder(file: string): Promise<number | undefined> {
  const pid = Number(await readIfThere(file));
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

function running(pid: number | undefined): CommandError {
  return new CommandError(
    `salus dev is running already${pid === undefined ? '' : ` (process ${pid})`}: stop it first`,
  );
}

/** When nobody can say what a living process is, it is taken for ours. */
export async function isSalus(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const facts = await factsOf(pid);
  return facts === undefined || /main\.ts dev\b/.test(facts.command);
}
