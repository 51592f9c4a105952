// The Worker in workerd, by `wrangler dev`: the code that is deployed, rebuilt on every change of a file, with queue, Durable
// Objects and object storage kept on this machine. Nothing is asked of the network and nothing is sent to it.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../errors.ts';
import { ROOT } from '../state-directory.ts';
import type { StopSignal } from './stop-signal.ts';
import { type Supervised, supervise } from './supervised.ts';

export interface WorkerOptions {
  readonly port: number;
  /** Where queue, Durable Objects and object storage are kept. */
  readonly storage: string;
  /** Bindings, as an env file. */
  readonly bindings: string;
  /** Receives what the Worker and wrangler print, once the Worker has answered. */
  readonly log: (line: string) => void;
  /** A start is given up when the command is to stop. */
  readonly stopped: StopSignal;
}

export interface Worker {
  readonly ended: Promise<void>;
  /** Fires the cron trigger, which nothing fires on a developer's machine. */
  runSchedule(): Promise<void>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const PATIENCE = 60_000;
const STEP = 150;

/** Starts the Worker and waits until it is ready. @throws CommandError with what wrangler said */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { port, storage, bindings } = options;
  const startLines: string[] = [];
  let log = (line: string): void => {
    startLines.push(line);
  };
  const child = supervise({
    command: [
      process.execPath,
      await wranglerScript(),
      'dev',
      ...['--config', join(ROOT, 'wrangler.toml')],
      ...['--ip', HOST, '--port', String(port), '--inspector-port', '0', '--local'],
      ...['--persist-to', storage, '--env-file', bindings],
      '--show-interactive-dev-session=false',
    ],
    directory: ROOT,
    environment: environment(storage),
    log: (line) => log(line),
  });
  const origin = `http://${HOST}:${port}`;
  if (!(await answersReady(origin, child, options.stopped))) {
    await child.stop();
    if (options.stopped.requested()) throw new CommandError('stopped before it was ready');
    throw new CommandError(`the Worker did not start:\n${startLines.join('\n')}`);
  }
  log = options.log;
  return {
    ended: child.ended,
    async runSchedule() {
      // Not answered while the Worker is being rebuilt; the next minute comes.
      await fetch(`${origin}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`, {
        signal: AbortSignal.timeout(PATIENCE),
      }).catch(() => undefined);
    },
    stop: () => child.stop(),
  };
}

async function answersReady(origin: string, child: Supervised, stopped: StopSignal): Promise<boolean> {
  let alive = true;
  void child.ended.then(() => {
    alive = false;
  });
  const until = Date.now() + PATIENCE;
  while (alive && !stopped.requested() && Date.now() < until) {
    const answer = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(5000) }).catch(
      () => undefined,
    );
    await answer?.body?.cancel();
    if (answer?.ok) return true;
    await sleep(STEP);
  }
  return false;
}

async function wranglerScript(): Promise<string> {
  const description = createRequire(import.meta.url).resolve('wrangler/package.json');
  const { bin } = JSON.parse(await readFile(description, 'utf8')) as { bin: { wrangler: string } }; // npm's own format
  return join(dirname(description), bin.wrangler);
}

/** No telemetry, no check for updates, no questions; and no secret of this process's environment as a binding. */
function environment(storage: string): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, ...inherited } = process.env;
  return {
    ...inherited,
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_REGISTRY_PATH: join(storage, 'registry'),
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    CLOUDFLARE_INCLUDE_PROCESS_ENV: 'false',
    CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'true',
  };
}
