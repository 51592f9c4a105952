// The server on a developer's machine: it keeps what it was given between runs, survives a kill, is never started twice on the
// same files, and leaves no process behind, however this process ends.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Postgres, startPostgres } from './postgres.ts';
import { temporaryDirectory } from './postgres-directory.ts';

// A server takes a second to make and start, and several on a machine that is busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

/** No crash of a machine is tested here, only those of processes, which need no fsync. */
const settings = { fsync: 'off' };

/** What a server says of the run before, when that ended in order; after any other end it recovers. */
const SHUT_DOWN = /database system was shut down at/;

let directory: string;
let dataDirectory: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
  dataDirectory = join(directory, 'data');
  return () => rm(directory, { recursive: true });
});

async function query(postgres: Pick<Postgres, 'url'>, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function dataDirectoryOf(postgres: Postgres): Promise<string> {
  const [row] = await query(postgres, "select current_setting('data_directory') as path");
  return String(row?.path);
}

async function serverPid(): Promise<number> {
  return Number((await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The command lines that name the data directory: the server's, and that of the shell that watches over it. */
async function processesOfDirectory(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'args=']);
  return stdout.split('\n').filter((args) => args.includes(dataDirectory));
}

/** Another process that starts the server and waits. */
async function startOwner(
  then = '',
): Promise<{ url: string; process: ChildProcess; ended: Promise<unknown> }> {
  const program = `
    const { startPostgres } = await import(${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)});
    const postgres = await startPostgres(${JSON.stringify({ dataDirectory, settings })});
    process.stdin.resume();
    process.stdout.write(postgres.url + '\\n', () => { ${then} });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()));
    child.once('exit', () => reject(new Error('the other process ended early')));
  });
  return { url, process: child, ended };
}

describe('a data directory', () => {
  it('keeps its rows and its password from one run to the next', async () => {
    const first = await startPostgres({ dataDirectory, settings });
    await query(first, 'create table kept as select 1 as id');
    await first.stop();
    const log: string[] = [];
    const second = await startPostgres({ dataDirectory, settings, log: (line) => log.push(line) });
    expect(await query(second, 'select id from kept')).toEqual([{ id: 1 }]);
    expect(second.superuser).toEqual(first.superuser);
    expect(log.join()).toMatch(SHUT_DOWN);
    await second.stop();
  });

  it('that nobody names is a temporary one, which goes with its password when the server stops', async () => {
    const postgres = await startPostgres({ settings });
    const own = dirname(await dataDirectoryOf(postgres));
    expect((await readdir(own)).toSorted()).toEqual(['data', 'data.password']);
    await postgres.stop();
    await postgres.stop();
    expect(existsSync(own)).toBe(false);
  });

  it('that nobody names goes when the server cannot start, too', async () => {
    const log: string[] = [];
    const start = startPostgres({ settings: { no_such_setting: 'on' }, log: (line) => log.push(line) });
    await expect(start).rejects.toMatchObject({ code: 'START_FAILED' });
    const [own = ''] = /\S+neon-local-\w+/.exec(log.join()) ?? [];
    expect(own).not.toBe('');
    expect(existsSync(own)).toBe(false);
  });

  it('is made anew where an earlier attempt ended half way', async () => {
    await mkdir(`${dataDirectory}.unfinished`);
    await writeFile(join(`${dataDirectory}.unfinished`, 'PG_VERSION'), '18\n');
    await writeFile(`${dataDirectory}.password`, 'of the earlier attempt\n');
    const postgres = await startPostgres({ dataDirectory, settings });
    expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
  });

  it('of another version, or without its password, is refused and left as it is', async () => {
    await mkdir(dataDirectory);
    await writeFile(join(dataDirectory, 'PG_VERSION'), '17\n');
    await expect(startPostgres({ dataDirectory })).rejects.toMatchObject({ code: 'VERSION_MISMATCH' });
    await writeFile(join(dataDirectory, 'PG_VERSION'), '18\n');
    await expect(startPostgres({ dataDirectory })).rejects.toMatchObject({ code: 'PASSWORD_MISSING' });
    expect(await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8')).toBe('18\n');
  });

  it('on which a server runs is not started on again, and the server goes on', async () => {
    const first = await startPostgres({ dataDirectory, settings });
    await expect(startPostgres({ dataDirectory })).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      pid: await serverPid(),
    });
    expect(await query(first, 'select 1 as one')).toEqual([{ one: 1 }]);
    await first.stop();
  });
});

describe('after a kill -9', () => {
  it('of the server, what was committed is there, and what was not is gone', async () => {
    const first = await startPostgres({ dataDirectory, settings });
    await query(first, 'create table kept as select 1 as id');
    const open = new pg.Client(first.url);
    open.on('error', () => undefined);
    await open.connect();
    await open.query('begin; insert into kept values (2)');
    process.kill(await serverPid(), 'SIGKILL');
    await first.stop();
    expect(existsSync(join(dataDirectory, 'postmaster.pid'))).toBe(true);

    const second = await startPostgres({ dataDirectory, settings });
    expect(await query(second, 'select id from kept')).toEqual([{ id: 1 }]);
    await second.stop();
  });

  it('of the server, whose number went to another process since, it starts', async () => {
    await (await startPostgres({ dataDirectory, settings })).stop();
    const lines = [process.pid, dataDirectory, 1, 5432, '', '127.0.0.1', '', 'ready'];
    await writeFile(join(dataDirectory, 'postmaster.pid'), `${lines.join('\n')}\n`);
    const postgres = await startPostgres({ dataDirectory, settings });
    expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
  });

  it('of the process that started it, no process is left and the directory is in order', async () => {
    const owner = await startOwner();
    await query(owner, 'create table kept as select 1 as id');
    const server = await serverPid();
    expect(await processesOfDirectory()).not.toEqual([]);
    owner.process.kill('SIGKILL');
    await expect.poll(() => isAlive(server)).toBe(false);
    await expect.poll(processesOfDirectory).toEqual([]);
    expect(existsSync(join(dataDirectory, 'postmaster.pid'))).toBe(false);

    const log: string[] = [];
    const second = await startPostgres({ dataDirectory, settings, log: (line) => log.push(line) });
    expect(await query(second, 'select id from kept')).toEqual([{ id: 1 }]);
    expect(log.join()).toMatch(SHUT_DOWN);
    await second.stop();
  });
});

it('a server does not keep its process from ending, and ends with it', async () => {
  const owner = await startOwner('process.stdin.destroy()');
  const server = await serverPid();
  expect(await owner.ended).toBe(0);
  await expect.poll(() => isAlive(server)).toBe(false);
});

describe('a server that cannot start', () => {
  it('says that its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await expect(startPostgres({ dataDirectory, ...(port && { port }) })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it('says why in its log, and not in the error', async () => {
    const lines: string[] = [];
    const start = startPostgres({
      dataDirectory,
      settings: { no_such_setting: 'canary' },
      log: (line) => lines.push(line),
    });
    await expect(start).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.not.stringMatching('canary'),
    });
    expect(lines.join('\n')).toContain('no_such_setting');
  });
});

describe('a server that runs', () => {
  let postgres: Postgres;
  let handlers: number[];
  const signalHandlers = () => ['SIGINT', 'SIGTERM', 'exit'].map((event) => process.listenerCount(event));
  beforeAll(async () => {
    handlers = signalHandlers();
    postgres = await startPostgres({
      settings: { ...settings, listen_addresses: '*', max_connections: '30' },
    });
  });
  afterAll(() => postgres.stop());

  it('is reached from this machine alone, with its password, whatever its settings say', async () => {
    expect(await query(postgres, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(postgres, 'show max_connections')).toEqual([{ max_connections: '30' }]);
    const guess = { url: postgres.url.replace(postgres.superuser.password, 'guess') };
    await expect(query(guess, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('has a password that only its own account can read', async () => {
    expect((await stat(`${await dataDirectoryOf(postgres)}.password`)).mode & 0o777).toBe(0o600);
    expect(postgres.superuser.password).toMatch(/^[\w-]{32}$/);
  });

  it('orders and folds text alike on every machine, and checks its pages', async () => {
    expect(
      await query(
        postgres,
        `select datlocprovider, datlocale, pg_encoding_to_char(encoding) as encoding, lower('ÓÑ') as folded,
           current_setting('data_checksums') as checksums from pg_database where datname = current_database()`,
      ),
    ).toEqual([
      { datlocprovider: 'b', datlocale: 'C.UTF-8', encoding: 'UTF8', folded: 'óñ', checksums: 'on' },
    ]);
  });

  it('leaves the signals of this process alone', () => {
    expect(signalHandlers()).toEqual(handlers);
  });
});
