// A module of the bench inside workerd: bundled as the Worker is, and asked over fetch.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { descendants, processorNanoseconds } from './process/processor-time.ts';

export const COMPATIBILITY_DATE = '2026-10-01';

export interface InWorkerd {
  /** Processor time of workerd's process since it began, in nanoseconds; null where the system does not tell. */
  processorNanoseconds(): number | null;
  /** The JSON that the module answers. @throws Error when it answers anything but 200 */
  ask(query: Readonly<Record<string, string>>): Promise<unknown>;
  stop(): Promise<void>;
}

/** @param module a file whose default export has `fetch` */
export async function startInWorkerd(module: URL): Promise<InWorkerd> {
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      modules: true,
      script: await bundled(module),
      compatibilityDate: COMPATIBILITY_DATE,
    }),
  );
  const before = new Set(descendants('workerd'));
  await worker.ready;
  const [pid] = descendants('workerd').filter((one) => !before.has(one));
  return {
    processorNanoseconds: () => (pid === undefined ? null : processorNanoseconds(pid)),
    async ask(query) {
      const answer = await worker.dispatchFetch(`http://bench.localhost/?${new URLSearchParams(query)}`);
      if (!answer.ok) throw new Error(`the bench in workerd failed: ${await answer.text()}`);
      return answer.json();
    },
    stop: () => worker.dispose(),
  };
}

/** A module and all that it imports, as one ES module for workerd. */
export async function bundled(module: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(module)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
  });
  return outputFiles[0]?.text ?? '';
}
