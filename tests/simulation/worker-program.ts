// The Worker's own program, bundled from its sources as they are, for Node: only the platform's module, WebAssembly and
// the key service are found elsewhere. A guard can be switched off on the way, to see that the simulation finds out.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENTRY = join(ROOT, 'apps/worker/src/index.ts');
const PLATFORM = fileURLToPath(new URL('workers-platform.ts', import.meta.url));

/** A piece of a source file that is replaced by another: the guard that stood there is gone. */
export interface Edit {
  /** From the root. */
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

export interface QueueMessage {
  readonly id: string;
  readonly timestamp: Date;
  readonly body: unknown;
  readonly attempts: number;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

export interface ExecutionContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
}

/** What `wrangler deploy` would deploy, as its platform calls it. */
export interface WorkerProgram {
  readonly default: {
    fetch(request: Request, env: object, context: ExecutionContext): Promise<Response>;
    queue(
      batch: { readonly queue: string; readonly messages: readonly QueueMessage[] },
      env: object,
      context: ExecutionContext,
    ): Promise<void>;
    scheduled(
      controller: { readonly cron: string; readonly scheduledTime: number },
      env: object,
      context: ExecutionContext,
    ): Promise<void>;
  };
  readonly AuditLog: new (context: object, env: object) => { alarm(): Promise<void> };
}

export async function loadWorkerProgram(edits: readonly Edit[] = []): Promise<WorkerProgram> {
  const done = new Set<Edit>();
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'neutral',
    conditions: ['workerd', 'worker', 'import', 'default'],
    mainFields: ['module', 'main'],
    target: 'node24',
    logLevel: 'error',
    plugins: [platform, keyService, webAssembly, editing(edits, done)],
  });
  for (const edit of edits) {
    if (!done.has(edit)) throw new Error(`${edit.path} is not part of the Worker`);
  }
  return required(outputFiles[0]?.text ?? '');
}

async function required(text: string): Promise<WorkerProgram> {
  const directory = await mkdtemp(join(tmpdir(), 'salus-simulation-'));
  try {
    const file = join(directory, 'worker.cjs');
    await writeFile(file, text);
    // Boundary: the Worker's module, which TypeScript has checked where it is written.
    return createRequire(file)(file) as WorkerProgram;
  } finally {
    await rm(directory, { recursive: true });
  }
}

const platform: Plugin = {
  name: 'platform',
  setup({ onResolve }) {
    onResolve({ filter: /^cloudflare:/ }, () => ({ path: PLATFORM }));
  },
};

/** The local key provider stands for a key service that can be unavailable: it goes through `simulatedKeyService` (platform.ts). */
const keyService: Plugin = {
  name: 'key service',
  setup({ onResolve, onLoad, onEnd }) {
    let found = false;
    onResolve({ filter: /\/local\.ts$/ }, ({ importer }) =>
      importer.endsWith('/key-providers/configured.ts') ? { path: 'local', namespace: 'key-service' } : null,
    );
    onLoad({ filter: /./, namespace: 'key-service' }, () => {
      found = true;
      return {
        contents: `
          import { localKeyProvider as local } from './local.ts';
          export const localKeyProvider = async (key) => globalThis.simulatedKeyService(await local(key));`,
        loader: 'js',
        resolveDir: join(ROOT, 'packages/crypto/src/key-providers'),
      };
    });
    onEnd(() => {
      if (!found)
        throw new Error('the key provider is found elsewhere now, and does not go through the simulation');
    });
  },
};

const webAssembly: Plugin = {
  name: 'WebAssembly',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, async ({ path }) => ({
      contents: `
        const text = ${JSON.stringify((await readFile(path)).toString('base64'))};
        export default new WebAssembly.Module(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));`,
      loader: 'js',
    }));
  },
};

function editing(edits: readonly Edit[], done: Set<Edit>): Plugin {
  return {
    name: 'editing',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const here = edits.filter((edit) => path === join(ROOT, edit.path));
        if (here.length === 0) return null;
        let contents = await readFile(path, 'utf8');
        for (const edit of here) {
          contents = replacedOnce(contents, edit);
          done.add(edit);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** @throws Error when the piece is not there, or is there more than once: the guard has moved, and its edit has to follow */
export function replacedOnce(text: string, { path, from, to }: Edit): string {
  const pieces = text.split(from);
  if (pieces.length !== 2) throw new Error(`${path} has ${pieces.length - 1} times: ${from}`);
  return pieces.join(to);
}
