// workerd with one Worker and nothing beside it, no binding and no miniflare: what its process takes until it listens is the
// start of workerd, which is the same for every Worker, and that of the Worker's isolate.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { processorNanoseconds } from '../process/processor-time.ts';
import type { Bundle } from '../system/salus.ts';
import { COMPATIBILITY_DATE } from '../workerd.ts';

/** The workerd that miniflare brings. */
const { default: WORKERD }: { default: string } = createRequire(
  createRequire(import.meta.url).resolve('miniflare'),
)('workerd');

export interface Startable {
  /** Milliseconds of processor from nothing to ready; null where the system does not tell. */
  start(): Promise<number | null>;
  remove(): Promise<void>;
}

export async function startable(bundle: Bundle): Promise<Startable> {
  const directory = await mkdtemp(join(tmpdir(), 'salus-bench-start-'));
  const modules = await Promise.all(
    bundle.map(async ({ type, path, contents }) => {
      const name = basename(path);
      await writeFile(join(directory, name), contents);
      return `(name = "${name}", ${type === 'ESModule' ? 'esModule' : 'wasm'} = embed "${name}")`;
    }),
  );
  const configuration = join(directory, 'workerd.capnp');
  await writeFile(configuration, configurationOf(modules));
  return {
    start: () => untilListening(configuration),
    remove: () => rm(directory, { recursive: true }),
  };
}

function configurationOf(modules: readonly string[]): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (modules = [${modules.join(', ')}], compatibilityDate = "${COMPATIBILITY_DATE}");
`;
}

async function untilListening(configuration: string): Promise<number | null> {
  const child = spawn(WORKERD, ['serve', configuration, '--control-fd=3'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const ended = once(child, 'exit');
  try {
    const control = child.stdio[3] as Readable; // a pipe, as asked for
    const [told] = await Promise.race([once(control, 'data'), ended]);
    if (!String(told).includes('"listen"')) throw new Error('workerd did not start');
    const taken = processorNanoseconds(child.pid ?? 0);
    return taken === null ? null : taken / 1e6;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
