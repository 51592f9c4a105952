// Where a key provider runs in a test: here in Node, or inside workerd, with the same shape.
import { fileURLToPath } from 'node:url';
import {
  type KeyProvider,
  KeyProviderError,
  type KeyProviderErrorCode,
  keyProvidersOf,
  keySettingsOf,
  type Outside,
  outside,
} from '@salus/crypto';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { Asked, Told } from './in-workerd.ts';

/** Deadlines of seconds pass in milliseconds: what waits for one is a server that says nothing. */
const HASTE = 40;

export interface Runtime {
  /** The provider that these variables name; without waits between tries. */
  provider(variables: Readonly<Record<string, string>>, more?: Partial<Outside>): Promise<KeyProvider>;
  stop(): Promise<void>;
}

export async function inNode(): Promise<Runtime> {
  return {
    async provider(variables, more = {}) {
      const hasty: Outside = {
        ...outside,
        sleep: async () => undefined,
        deadline: (milliseconds) => AbortSignal.timeout(milliseconds / HASTE),
        ...more,
      };
      return (await keyProvidersOf(keySettingsOf(variables, { loopback: true }), hasty)).first;
    },
    stop: async () => undefined,
  };
}

export async function inWorkerd(): Promise<Runtime> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('in-workerd.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker'],
    write: false,
  });
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'in-workerd.js', contents: outputFiles[0]?.text ?? '' }],
      compatibilityDate: '2026-10-01',
    }),
  );
  const ask = async (asked: Omit<Asked, 'haste'>): Promise<Told> => {
    const answer = await worker.dispatchFetch('http://worker', {
      method: 'POST',
      body: JSON.stringify({ ...asked, haste: HASTE }),
    });
    return (await answer.json()) as Told; // in-workerd.ts
  };
  const context = { organization: '', version: 0 };
  return {
    async provider(variables) {
      const named = await ask({ variables, operation: 'id', bytes: [], context });
      const operation = (name: 'wrap' | 'unwrap') => async (bytes: Uint8Array, of: typeof context) => {
        const told = await ask({ variables, operation: name, bytes: [...bytes], context: of });
        if ('bytes' in told) return Uint8Array.from(told.bytes);
        throw errorOf(told);
      };
      if (!('id' in named)) throw errorOf(named);
      return { id: named.id, wrap: operation('wrap'), unwrap: operation('unwrap') };
    },
    stop: () => worker.dispose(),
  };
}

function errorOf(told: Told): Error {
  if (!('error' in told)) return new TypeError('not what was asked for');
  const error = new KeyProviderError(told.error as KeyProviderErrorCode); // in-workerd.ts
  error.message = told.message;
  return error;
}
