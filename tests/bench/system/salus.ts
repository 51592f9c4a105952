// Salus itself: the Worker as `wrangler deploy` would bundle it, in workerd, with queue, Durable Object and object storage.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newSigningKeys } from '@salus/auth';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { descendants } from '../process/processor-time.ts';
import { COMPATIBILITY_DATE } from '../workerd.ts';
import type { BenchDatabase } from './database.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Modules of a Worker, the entry first. */
export type Bundle = readonly {
  readonly type: 'ESModule' | 'CompiledWasm';
  readonly path: string;
  readonly contents: Uint8Array<ArrayBuffer>;
}[];

export interface SalusKeys {
  readonly rootKey: string;
  readonly tokenKeys: string;
  readonly logKey: string;
}

export interface RunningWorker {
  readonly url: string;
  readonly pid: number;
  readonly worker: Miniflare;
  stop(): Promise<void>;
}

export async function newKeys(): Promise<SalusKeys> {
  const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
  return { rootKey: random(), tokenKeys: await newSigningKeys(), logKey: random() };
}

/** The product's own bundle. */
export async function bundleSalus(): Promise<Bundle> {
  const directory = await mkdtemp(join(tmpdir(), 'salus-bench-bundle-'));
  const wrangler = join(
    dirname(createRequire(join(ROOT, 'package.json')).resolve('wrangler')),
    '../bin/wrangler.js',
  );
  try {
    await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', directory], {
      cwd: ROOT,
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' },
    });
    return await modulesIn(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function modulesIn(directory: string): Promise<Bundle> {
  const names = (await readdir(directory)).filter((name) => /\.(js|wasm)$/.test(name));
  const entryFirst = names.toSorted((a, b) => Number(b === 'index.js') - Number(a === 'index.js'));
  return Promise.all(
    entryFirst.map(async (name) => ({
      type: name.endsWith('.wasm') ? ('CompiledWasm' as const) : ('ESModule' as const),
      path: join(directory, name),
      contents: new Uint8Array(await readFile(join(directory, name))),
    })),
  );
}

export interface SalusOptions {
  readonly bundle: Bundle;
  readonly database: BenchDatabase;
  readonly keys: SalusKeys;
  /**
   * Whether the queue is one. Without, another Worker takes what would be sent and drops it: what is measured of the process
   * is then a request's own work. In production queue, consumer and log run elsewhere, and are not a request's.
   */
  readonly hasQueue: boolean;
}

/** Answers for a queue, by the one method that the Worker calls. */
const NO_QUEUE = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint { async sendBatch() {} }`;

export function startSalus({ bundle, database, keys, hasQueue }: SalusOptions): Promise<RunningWorker> {
  const salus = {
    ...modulesOf(bundle),
    name: 'salus',
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: salusBindings(keys, { DATABASE_URL: database.appUrl, DATABASE_ENDPOINT: database.neonUrl }),
    durableObjects: { AUDIT_LOG: { className: 'AuditLog', useSQLite: true } },
    r2Buckets: ['LOG'],
  };
  if (!hasQueue) {
    const queue = { name: 'queue', compatibilityDate: COMPATIBILITY_DATE, modules: true, script: NO_QUEUE };
    return runWorker({ workers: [{ ...salus, serviceBindings: { AUDIT_QUEUE: 'queue' } }, queue] });
  }
  const consumer = { maxBatchSize: 100, maxBatchTimeout: 1, maxRetries: 20, retryDelay: 1 };
  return runWorker({
    workers: [
      {
        ...salus,
        queueProducers: { AUDIT_QUEUE: 'salus-audit' },
        queueConsumers: { 'salus-audit': consumer },
      },
    ],
  });
}

export function salusBindings(
  keys: SalusKeys,
  database: { readonly DATABASE_URL: string; readonly DATABASE_ENDPOINT: string },
): Record<string, string> {
  return {
    ...database,
    SALUS_ROOT_KEY: keys.rootKey,
    SALUS_TOKEN_KEYS: keys.tokenKeys,
    LOG_SIGNING_KEY: keys.logKey,
    LOG_ORIGIN: 'salus.bench',
    ISSUER: 'http://127.0.0.1',
    SALUS_ENVIRONMENT: 'development',
  };
}

/** A bundle as miniflare takes it. */
export function modulesOf(bundle: Bundle) {
  return { modulesRoot: dirname(bundle[0]?.path ?? ''), modules: [...bundle] };
}

/** A Worker by itself in a workerd of its own. */
export async function runWorker(
  options: Parameters<typeof convertV4MiniflareOptions>[0],
): Promise<RunningWorker> {
  const before = new Set(descendants('workerd'));
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      log: new Log(LogLevel.ERROR),
      ...options,
    }),
  );
  const url = (await worker.ready).origin;
  const pid = descendants('workerd').find((one) => !before.has(one)) ?? 0;
  return { url, pid, worker, stop: () => worker.dispose() };
}
