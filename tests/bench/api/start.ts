// Starts everybody that is measured, on one database with the same people in it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Work } from '../load/closed-loop.ts';
import type { Connection } from '../load/http.ts';
import { populateArticle } from '../peers/article/population.ts';
import { betterAuthSignIn } from '../peers/better-auth/works.ts';
import { startFloorWorker, startServer } from '../peers/start.ts';
import type { Progress } from '../progress.ts';
import { type BenchDatabase, startBenchDatabase } from '../system/database.ts';
import { makeAccounts, populate } from '../system/population.ts';
import { bundleSalus, newKeys, type SalusKeys, startSalus } from '../system/salus.ts';
import { procedure, result } from '../system/session.ts';
import { articleWorks } from './article-works.ts';
import type { Plan } from './plan.ts';
import { must, readWork, salusWorks } from './salus-works.ts';
import type { Subject } from './subject.ts';

export interface Field {
  readonly database: BenchDatabase;
  readonly keys: SalusKeys;
  readonly subjects: readonly Subject[];
  /** For a Worker that may be without encryption, and so knows no names. */
  readonly partWorks: Readonly<Record<'read' | 'list', Work>>;
  /** Keeps the sessions alive. */
  renew(): Promise<void>;
  stop(): Promise<void>;
}

export async function startField(plan: Plan, progress: Progress): Promise<Field> {
  const directory = await mkdtemp(join(tmpdir(), 'salus-bench-peers-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true })];
  const stop = async () => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    progress.step('starting PostgreSQL and Salus', 0);
    const database = await startBenchDatabase();
    stops.push(() => database.stop());
    const keys = await newKeys();
    const accounts = await makeAccounts(database, keys, plan.accounts);
    const bundle = await bundleSalus();
    const salus = await startSalus({ bundle, database, keys, hasQueue: true });
    stops.push(salus.stop);
    const path = await startSalus({ bundle, database, keys, hasQueue: false });
    stops.push(path.stop);

    progress.step(`making ${plan.patients.all} patients`, 0.02);
    const population = await populate(database, salus, accounts, plan.patients);
    const articlePopulation = await populateArticle(database, plan.patients);

    progress.step('starting the others', 0.09);
    const { delayedUrl: databaseUrl } = database;
    const serve = async (module: string, options: object) => {
      const server = await startServer(module, { databaseUrl, ...options });
      stops.push(server.stop);
      return server;
    };
    const article = (file: string, durable: boolean) =>
      serve('article/server.ts', { auditFile: join(directory, file), durable });
    const asWritten = await article('audit.log', false);
    const durable = await article('durable-audit.log', true);
    const node = await serve('floor-node.ts', {});
    const betterAuth = await serve('better-auth/server.ts', {});
    const worker = await startFloorWorker(database);
    stops.push(worker.stop);
    const libraries = await startFloorWorker(database, 'libraries-worker.ts');
    stops.push(libraries.stop);

    const works = salusWorks(population, accounts.others);
    const floorRead = rowRead(population.patients, (connection, id) =>
      connection.send({ method: 'GET', path: `/patients/${id}` }),
    );
    const librariesRead = rowRead(population.patients, (connection, id) =>
      result(connection, procedure('patients.get', { id })),
    );
    const subjects: Subject[] = [
      { name: 'salus', ...salus, works },
      { name: 'path', ...path, works },
      { name: 'article', ...asWritten, works: await articleWorks(asWritten.url, articlePopulation) },
      { name: 'durable', ...durable, works: await articleWorks(durable.url, articlePopulation) },
      { name: 'worker', ...worker, works: { read: floorRead } },
      { name: 'libraries', ...libraries, works: { read: librariesRead } },
      { name: 'node', ...node, works: { read: floorRead } },
      { name: 'better auth', ...betterAuth, works: { 'sign in': await betterAuthSignIn(betterAuth.url) } },
    ];
    const renew = async () => {
      await population.provider.renew();
      await population.officer.renew();
    };
    const partWorks = { read: readWork(population, () => true), list: works.list };
    return { database, keys, subjects, partWorks, renew, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param ask how a server is asked for the row of a patient */
function rowRead(
  patients: readonly string[],
  ask: (connection: Connection, id: string) => Promise<unknown>,
): Work {
  return async (connection, caller, turn) => {
    const id = patients[(caller * 97 + turn) % patients.length] ?? '';
    must(Object(await ask(connection, id)).id === id);
  };
}
