// `salus dev`: everything on this machine, in one command. Things start in the order in which they need each other, and
// stop in the other one, whatever happens in between.
import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyProviderError, keyProviders, localKeyProvider } from '@salus/crypto';
import { checkReadiness, connect, createKeyring } from '@salus/db';
import { provisionPlatform } from '@salus/db/provision';
import { CommandError } from '../errors.ts';
import { envLines, keptSecrets, type LocalSecrets } from '../secrets/secrets.ts';
import { makeStateDirectory, readIfThere, stateDirectory, writePrivately } from '../state-directory.ts';
import { done, faint } from '../terminal/style.ts';
import { type LocalDatabase, startDatabase } from './database.ts';
import { type Demo, readDemo, writeDemo } from './demo.ts';
import { lock } from './lock.ts';
import { LOCAL_LOG_ORIGIN } from './names.ts';
import { portOf, requireFreePort } from './port.ts';
import { seed } from './seed.ts';
import { type StopSignal, untilStopped } from './stop-signal.ts';
import { welcome } from './welcome.ts';
import { startWorker, type Worker } from './worker.ts';

const MINUTE = 60_000;
/** How long what a killed `salus dev` has left may hold the port. */
const AFTER_CRASH = 10_000;

/** @returns when everything has been stopped. @throws CommandError and what the parts throw */
export async function dev(): Promise<void> {
  const port = portOf(process.env.PORT);
  const directory = stateDirectory();
  await makeStateDirectory(directory);
  const held = await lock(join(directory, 'lock.sqlite'));
  const stopped = await untilStopped();
  const toStop: (() => unknown)[] = [() => held.release()];
  try {
    await requireFreePort(port, held.afterCrash ? AFTER_CRASH : 0);
    await run({ port, directory, stopped, toStop });
  } finally {
    for (const stop of toStop.reverse()) await stop();
    stopped.forget();
  }
}

interface Run {
  readonly port: number;
  readonly directory: string;
  readonly stopped: StopSignal;
  /** What is to be stopped in the end, in the order in which it was started. */
  readonly toStop: (() => unknown)[];
}

async function run({ port, directory, stopped, toStop }: Run): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  const secrets = await keptSecrets(join(directory, 'secrets.json'));

  const database = await timed(
    ({ applied }) => `PostgreSQL${applied.length > 0 ? `, ${applied.length} migrations applied` : ''}`,
    () => openDatabase(directory, secrets),
  );
  toStop.push(() => database.stop());
  if (stopped.requested()) return;

  const demo = await timed(
    ({ users }) => `demo organization, ${users.length} users`,
    () => demonstration({ directory, url, secrets, database }),
  );
  await writeDemo(directory, demo);
  if (stopped.requested()) return;

  const worker = await timed(
    () => 'Worker',
    () => openWorker({ directory, port, url, secrets, database, stopped }),
  );
  toStop.push(() => worker.stop());
  toStop.push(everyMinute(() => worker.runSchedule()));
  console.log(welcome(demo));

  const end = await Promise.race([stopped.promise, worker.ended.then(() => 'ended' as const)]);
  if (end === 'ended') throw new CommandError('the Worker has ended');
  console.log(faint('stopping …'));
}

async function openDatabase(directory: string, secrets: LocalSecrets): Promise<LocalDatabase> {
  // Lines of PostgreSQL may hold SQL, and SQL may hold ciphertext: the owner's file, not the terminal.
  const log = createWriteStream(join(directory, 'postgres.log'), { mode: 0o600 });
  const database = await startDatabase({
    ownerUrl: process.env.DATABASE_URL || undefined,
    dataDirectory: join(directory, 'postgres'),
    appPassword: secrets.SALUS_APP_PASSWORD,
    log: (line) => log.write(`${line}\n`),
  });
  return { ...database, stop: () => database.stop().finally(() => log.end()) };
}

/** The demo users of an earlier run when the database still has them, new ones otherwise. */
async function demonstration(of: {
  directory: string;
  url: string;
  secrets: LocalSecrets;
  database: LocalDatabase;
}): Promise<Demo> {
  const { owner, app } = of.database;
  const providers = keyProviders(await localKeyProvider(of.secrets.SALUS_ROOT_KEY));
  await provisionPlatform(owner, providers);
  const database = connect(app);
  const keyring = createKeyring(database, providers, Date.now);
  await requireOurKeys(() => checkReadiness(database, keyring));

  const organizationFile = join(of.directory, 'demo-organization');
  const kept = await readDemo(of.directory);
  const organizationId = (await readIfThere(organizationFile))?.trim();
  if (kept && organizationId && (await exists(of.database, organizationId))) return { ...kept, url: of.url };
  const seeded = await seed({ owner, providers, database, keyring });
  await writeDemo(of.directory, { url: of.url, users: [...seeded.users] });
  await writePrivately(organizationFile, `${seeded.organizationId}\n`);
  return { url: of.url, users: [...seeded.users] };
}

async function requireOurKeys(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    const code = error instanceof KeyProviderError ? error.code : null;
    if (code !== 'unwrap_failed' && code !== 'unknown_provider') throw error;
    throw new CommandError(
      'this database was set up with another root key than the one in .salus/secrets.json. ' +
        'To start anew with new demo data, remove .salus (or use another database)',
    );
  }
}

async function exists({ owner }: LocalDatabase, organizationId: string): Promise<boolean> {
  await owner.query('begin');
  try {
    await owner.query('set local role salus_owner');
    const { rows } = await owner.query('select from salus.organizations where id::text = $1', [
      organizationId,
    ]);
    return rows.length === 1;
  } finally {
    await owner.query('rollback');
  }
}

async function openWorker(of: {
  directory: string;
  port: number;
  url: string;
  secrets: LocalSecrets;
  database: LocalDatabase;
  stopped: StopSignal;
}): Promise<Worker> {
  const { SALUS_APP_PASSWORD: _, ...secrets } = of.secrets;
  const storage = join(of.directory, 'worker');
  await mkdir(storage, { recursive: true });
  await chmod(storage, 0o700);
  const bindings = join(of.directory, 'worker.env');
  const { url, endpoint } = of.database.app;
  await writePrivately(
    bindings,
    envLines({
      ...secrets,
      DATABASE_URL: url,
      ...(endpoint && { DATABASE_ENDPOINT: endpoint }),
      ISSUER: of.url,
      LOG_ORIGIN: LOCAL_LOG_ORIGIN,
      SALUS_ENVIRONMENT: 'development',
    }),
  );
  return startWorker({
    port: of.port,
    storage,
    bindings,
    stopped: of.stopped,
    log: (line) => console.log(line),
  });
}

function everyMinute(work: () => Promise<void>): () => Promise<void> {
  let running = work();
  const timer = setInterval(() => {
    running = running.then(work);
  }, MINUTE);
  return async () => clearInterval(timer);
}

async function timed<T>(name: (result: T) => string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(done(`${name(result)} ${faint(`(${seconds} s)`)}`));
  return result;
}
