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

/** How many times faster deadlines pass for who is in haste: to see what becomes of a server that says nothing. */
const HASTE = 20;

interface Manner {
  readonly haste?: boolean;
}

export interface Runtime {
  /** The provider that these variables name; without waits between tries. */
  provider(variables: Readonly<Record<string, string>>, manner?: Manner): Promise<KeyProvider>;
  stop(): Promise<void>;
}

export async function inNode(): Promise<Runtime> {
  return {
    provider: (variables, { haste = false } = {}) =>
      providerOf(variables, {
        deadline: (milliseconds) => AbortSignal.timeout(haste ? milliseconds / HASTE : milliseconds),
      }),
    stop: async () => undefined,
  };
}

/** In Node, with some of its surroundings held still. */
export async function providerOf(
  variables: Readonly<Record<string, string>>,
  held: Partial<Outside> = {},
): Promise<KeyProvider> {
  const still = { ...outside, sleep: async () => undefined, ...held };
  return (await keyProvidersOf(keySettingsOf(variables, { loopback: true }), still)).first;
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
  const ask = async (asked: Asked): Promise<Told> => {
    const answer = await worker.dispatchFetch('http://worker', {
      method: 'POST',
      body: JSON.stringify(asked),
    });
    return (await answer.json()) as Told; // in-workerd.ts
  };
  const context = { organization: '', version: 0 };
  return {
    async provider(variables, manner = {}) {
      const common = { variables, haste: manner.haste ? HASTE : 1 };
      const named = await ask({ ...common, operation: 'id', bytes: [], context });
      const operation = (name: 'wrap' | 'unwrap') => async (bytes: Uint8Array, of: typeof context) => {
        const told = await ask({ ...common, operation: name, bytes: [...bytes], context: of });
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
