// A script for workerd: the key providers of a deployment, for a test outside. Bundled by runtimes.ts.
import { KeyProviderError, type KeyProviders, keyProvidersOf, keySettingsOf, outside } from '@salus/crypto';

export interface Asked {
  readonly variables: Readonly<Record<string, string>>;
  readonly operation: 'id' | 'wrap' | 'unwrap';
  readonly bytes: readonly number[];
  readonly context: { readonly organization: string; readonly version: number };
  /** Deadlines pass as many times faster. */
  readonly haste: number;
}

export type Told =
  | { readonly id: string }
  | { readonly bytes: readonly number[] }
  | { readonly error: string; readonly message: string };

/** Kept as an isolate keeps them, with their tokens. */
const known = new Map<string, Promise<KeyProviders>>();

function providersOf({ variables, haste }: Asked): Promise<KeyProviders> {
  const name = JSON.stringify([variables, haste]);
  const hasty = {
    ...outside,
    sleep: async () => undefined,
    deadline: (milliseconds: number) => AbortSignal.timeout(milliseconds / haste),
  };
  const providers = known.get(name) ?? keyProvidersOf(keySettingsOf(variables, { loopback: true }), hasty);
  known.set(name, providers);
  return providers;
}

async function told(asked: Asked): Promise<Told> {
  const { operation, context } = asked;
  const bytes = Uint8Array.from(asked.bytes);
  try {
    const { first } = await providersOf(asked);
    if (operation === 'id') return { id: first.id };
    return { bytes: [...(await first[operation](bytes, context))] };
  } catch (error) {
    if (!(error instanceof KeyProviderError)) throw error;
    return { error: error.code, message: error.message };
  }
}

export default {
  fetch: async (request: Request): Promise<Response> => Response.json(await told(await request.json())),
};
