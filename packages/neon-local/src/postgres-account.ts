// Which system user runs the server. PostgreSQL refuses root, so root hands it to the user `postgres`.
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { PostgresError } from './postgres-error.ts';

const run = promisify(execFile);

/** The ids to run under; none when this process's own user will do. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

/** @throws PostgresError NO_ACCOUNT, DIRECTORY_OUT_OF_REACH */
export async function serverAccount(dataDirectory: string): Promise<Account> {
  if (process.getuid?.() !== 0) return undefined;
  const account = (await lookUp()) ?? (await create());
  await requireReach(dirname(dataDirectory));
  return account;
}

async function lookUp(): Promise<Account> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])));
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
  } catch {
    return undefined;
  }
}

async function create(): Promise<Account> {
  // Debian and Red Hat have useradd; Alpine has adduser.
  await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'])
    .catch(() => run('adduser', ['-S', '-D', '-H', 'postgres']))
    .catch(() => undefined);
  const account = await lookUp();
  if (account === undefined) {
    throw new PostgresError(
      'NO_ACCOUNT',
      'root cannot run PostgreSQL, and no system user `postgres` could be made',
    );
  }
  return account;
}

/** initdb would fail with a line about permissions that does not say whose; a home directory of root is the usual case. */
async function requireReach(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found !== undefined && (found.mode & 0o001) === 0) {
    throw new PostgresError(
      'DIRECTORY_OUT_OF_REACH',
      `PostgreSQL runs as the user \`postgres\`, which may not enter ${directory}: choose a data directory elsewhere`,
    );
  }
  if (dirname(directory) !== directory) await requireReach(dirname(directory));
}
