// One thread: hashes the bundles that it is sent.
import { parentPort } from 'node:worker_threads';
import { bundleHasher, LogError } from '../log/index.ts';
import { nodeSha256 } from './node-sha256.ts';

export interface Task {
  readonly number: number;
  readonly bundle: Uint8Array;
  readonly width: number;
}

export interface Answer {
  readonly number: number;
  /** The hashes of the entries and the root, one after the other; null where it is no bundle. */
  readonly hashes: Uint8Array | null;
}

const hashBundle = bundleHasher(nodeSha256);

parentPort?.on('message', async ({ number, bundle, width }: Task) => {
  const answer: Answer = { number, hashes: await hashesOf(bundle, width) };
  parentPort?.postMessage(answer);
});

async function hashesOf(bundle: Uint8Array, width: number): Promise<Uint8Array | null> {
  try {
    const { leaves, root } = await hashBundle(bundle, width);
    return Buffer.concat([...leaves, root]);
  } catch (error) {
    if (error instanceof LogError) return null;
    throw error;
  }
}
