// One `salus dev` at a time on one state directory. The operating system holds the lock (an exclusive transaction of SQLite)
// and gives it back when the process ends, however it ends: no stale lock has to be told from a live one.
import { DatabaseSync } from 'node:sqlite';
import { CommandError } from '../errors.ts';
import { readIfThere, writePrivately } from '../state-directory.ts';

export interface Lock {
  /** Whether the process that held the lock before ended without giving it back. */
  readonly afterCrash: boolean;
  release(): void;
}

const SQLITE_BUSY = 5;

/**
 * @param file where the lock is; who holds it is written beside it, for people
 * @throws CommandError when another process holds the lock
 */
export async function lock(file: string): Promise<Lock> {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // In this mode the lock that a transaction takes is kept until the connection closes.
    database.exec(
      'pragma locking_mode = exclusive; begin exclusive; create table if not exists held (pid integer)',
    );
    const afterCrash = database.prepare('select pid from held').get() !== undefined;
    database.exec('delete from held');
    database.prepare('insert into held (pid) values (?)').run(process.pid);
    database.exec('commit');
    await writePrivately(`${file}.pid`, `${process.pid}\n`);
    return {
      afterCrash,
      release() {
        database.exec('delete from held');
        database.close();
      },
    };
  } catch (error) {
    database.close();
    if (isBusy(error)) throw await running(file);
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

async function running(file: string): Promise<CommandError> {
  const pid = (await readIfThere(`${file}.pid`))?.trim();
  return new CommandError(`salus dev is running already${pid ? ` (process ${pid})` : ''}: stop it first`);
}
