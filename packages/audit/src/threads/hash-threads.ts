// Hashes for verifying a log in Node: from some thousands of entries on by a thread for each processor.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import {
  type BundleHashes,
  bundleHasher,
  HASH_LENGTH,
  type HashBundle,
  LogError,
  PIECES_AT_ONCE,
} from '../log/index.ts';
import { nodeSha256 } from './node-sha256.ts';
import type { Answer, Task } from './thread.ts';

export { nodeSha256 } from './node-sha256.ts';

export interface Hashing {
  /** @throws LogError `bundle_malformed`, and what a thread ends with */
  readonly hashBundle: HashBundle;
  /** Ends the threads, and what they are at. What is asked for afterwards is refused. */
  close(): Promise<void>;
}

/** Bundles that are hashed by the time that a thread has started. */
const WITHOUT_THREADS = 64;

export function hashing({ withoutThreads = WITHOUT_THREADS } = {}): Hashing {
  const hashHere = bundleHasher(nodeSha256);
  const atMost = Math.min(availableParallelism(), PIECES_AT_ONCE);
  const threads: Thread[] = [];
  let bundles = 0;
  let isClosed = false;

  /** Each in its turn. */
  function nextThread(): Thread {
    const thread = (threads.length === atMost && threads.shift()) || startThread();
    threads.push(thread);
    return thread;
  }

  return {
    async hashBundle(bundle, width) {
      // A verdict is given while bundles behind it are still being read.
      if (isClosed) throw new Error('the threads have been ended');
      bundles += 1;
      if (bundles <= withoutThreads) return hashHere(bundle, width);
      const hashes = await nextThread().run(bundle, width);
      if (hashes === null) throw new LogError('bundle_malformed');
      return hashesIn(hashes, width);
    },
    async close() {
      isClosed = true;
      await Promise.all(threads.map((thread) => thread.end()));
    },
  };
}

function hashesIn(row: Uint8Array, width: number): BundleHashes {
  const hashAt = (at: number) => row.subarray(at * HASH_LENGTH, (at + 1) * HASH_LENGTH);
  return { leaves: Array.from({ length: width }, (_, at) => hashAt(at)), root: hashAt(width) };
}

interface Thread {
  run(bundle: Uint8Array, width: number): Promise<Uint8Array | null>;
  end(): Promise<unknown>;
}

function startThread(): Thread {
  const worker = new Worker(new URL('thread.ts', import.meta.url));
  const asked = new Map<number, PromiseWithResolvers<Uint8Array | null>>();
  let tasks = 0;
  let fault: Error | undefined;
  const ended = (error: Error) => {
    fault ??= error;
    for (const { reject } of asked.values()) reject(fault);
    asked.clear();
  };
  worker.on('message', ({ number, hashes }: Answer) => {
    asked.get(number)?.resolve(hashes);
    asked.delete(number);
  });
  worker.on('error', ended);
  worker.on('exit', () => ended(new Error('a thread has ended')));
  return {
    async run(bundle, width) {
      if (fault) throw fault;
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
