// SHA-256 for verifying a log in Node: by its own crypto, and from some thousands of entries on by a thread for each processor.
import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type BundleHashes, bundleHasher, HASH_LENGTH, type HashBundle, LogError } from '../log/index.ts';
import type { Answer, Task } from './thread.ts';

export interface Hashing {
  /** Several times as fast as Web Crypto for inputs as short as these. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  readonly hashBundle: HashBundle;
  /** Ends the threads, and what they are at. */
  close(): Promise<void>;
}

/** Bundles that are hashed by the time that a thread has started. */
const WITHOUT_THREADS = 64;

export function hashing({ withoutThreads = WITHOUT_THREADS } = {}): Hashing {
  const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer');
  const hashHere = bundleHasher(sha256);
  const threads: Thread[] = [];
  let bundles = 0;

  return {
    sha256,
    async hashBundle(bundle, width) {
      bundles += 1;
      if (bundles <= withoutThreads) return hashHere(bundle, width);
      if (threads.length === 0) {
        for (let thread = 0; thread < availableParallelism(); thread++) threads.push(startThread());
      }
      const thread = threads[bundles % threads.length];
      return hashesIn(await thread?.run(bundle, width), width);
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.end()));
    },
  };
}

function hashesIn(row: Uint8Array | null | undefined, width: number): BundleHashes {
  if (!row) throw new LogError('bundle_malformed');
  const hash = (at: number) => row.subarray(at * HASH_LENGTH, (at + 1) * HASH_LENGTH);
  return { leaves: Array.from({ length: width }, (_, at) => hash(at)), root: hash(width) };
}

interface Thread {
  run(bundle: Uint8Array, width: number): Promise<Uint8Array | null>;
  end(): Promise<unknown>;
}

function startThread(): Thread {
  const worker = new Worker(new URL('thread.ts', import.meta.url));
  const asked = new Map<number, PromiseWithResolvers<Uint8Array | null>>();
  let tasks = 0;
  worker.on('message', ({ number, hashes }: Answer) => {
    asked.get(number)?.resolve(hashes);
    asked.delete(number);
  });
  worker.on('error', (error) => {
    for (const { reject } of asked.values()) reject(error);
  });
  return {
    run(bundle, width) {
      tasks += 1;
      const answer = Promise.withResolvers<Uint8Array | null>();
      asked.set(tasks, answer);
      const task: Task = { number: tasks, bundle, width };
      worker.postMessage(task);
      return answer.promise;
    },
    end: () => worker.terminate(),
  };
}
