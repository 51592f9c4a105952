// What a proof costs from a log of ten million events. Leaves are random hashes but for those that are proved: a proof is as
// long and as costly whatever the others say. Every proof is verified.
import { randomFillSync } from 'node:crypto';
import { createLedger, type LedgerStore, noteSigner, verifyTlogProof } from '@salus/audit/log';
import { nodeSha256 } from '@salus/audit/threads';
import { runWorker } from '../system/salus.ts';
import { bundled, COMPATIBILITY_DATE } from '../workerd.ts';
import { event } from './events.ts';

export interface Proved {
  readonly size: number;
  readonly proofs: number;
  /** Hashes of the longest. */
  readonly hashes: number;
  /** Milliseconds a proof, object storage included. */
  readonly milliseconds: number;
}

const HASH_BYTES = 32;
const PROOFS_BEFORE = 10;

export async function measureProof(size: number, count: number): Promise<Proved> {
  // Spread over the log, the first and the last among them.
  const indexes = Array.from({ length: count }, (_, at) => Math.floor(((size - 1) * at) / (count - 1)));
  // Others before, so that neither the code is new to the isolate nor the top of the log.
  const before = Array.from({ length: PROOFS_BEFORE }, (_, at) =>
    Math.floor((size * (at + 0.5)) / PROOFS_BEFORE),
  );
  const { verifierKey, files } = await publish(size, indexes, before);
  const worker = await runWorker({
    modules: true,
    compatibilityDate: COMPATIBILITY_DATE,
    script: await bundled(new URL('proof-worker.ts', import.meta.url)),
    r2Buckets: ['LOG'],
  });
  try {
    const bucket = await worker.worker.getR2Bucket('LOG');
    for (const [path, bytes] of files) await bucket.put(path, bytes);
    const ask = async (indexes: readonly number[]) => {
      const answer = await fetch(worker.url, {
        method: 'POST',
        body: JSON.stringify({ verifierKey, indexes }),
      });
      if (!answer.ok) throw new Error(await answer.text());
      return (await answer.json()) as { proofs: string[]; milliseconds: number }; // what proof-worker.ts answers
    };
    await ask(before);
    const { proofs, milliseconds } = await ask(indexes);
    const lengths: number[] = [];
    for (const [at, text] of proofs.entries()) {
      const proof = new TextEncoder().encode(text);
      const entry = event(indexes[at] ?? 0).leaf;
      const verdict = await verifyTlogProof({ proof, entry, verifierKey });
      if (!verdict.ok) throw new Error(`a proof does not verify: ${verdict.fault}`);
      lengths.push((text.split('\n\n')[0] ?? '').split('\n').length - 2);
    }
    return { size, proofs: count, hashes: Math.max(...lengths), milliseconds: milliseconds / count };
  } finally {
    await worker.stop();
  }
}

/** Publishes such a log by the real ledger, and keeps the files that proofs need. Entries that are proved `before` are made up. */
async function publish(size: number, indexes: readonly number[], before: readonly number[]) {
  const leafHashes = randomFillSync(new Uint8Array(size * HASH_BYTES));
  for (const index of indexes) {
    leafHashes.set(nodeSha256(Buffer.concat([Uint8Array.of(0), event(index).leaf])), index * HASH_BYTES);
  }
  const files = new Map<string, Uint8Array>();
  const keep = async (path: string, bytes: Uint8Array) => {
    if (!path.startsWith('tile/entries/') && isNeeded(path, [...indexes, ...before])) files.set(path, bytes);
  };
  const signer = await noteSigner('salus.bench/log', new Uint8Array(32).fill(1));
  const ledger = createLedger(
    storeOf(size, leafHashes),
    {
      get: async (path) => files.get(path) ?? null,
      put: keep,
      replace: async (path, bytes) => {
        files.set(path, bytes);
        return true;
      },
    },
    signer,
    nodeSha256,
  );
  await ledger.publish();
  return { verifierKey: signer.verifierKey, files };
}

/** Tiles above the leaves are few; of those with leaves, the ones that hold a position, or stand at the right edge. */
function isNeeded(path: string, indexes: readonly number[]): boolean {
  const [, level, ...rest] = path.split('/');
  if (level !== '0' || path.includes('.p/')) return true;
  const tile = Number(rest.join('').replaceAll('x', ''));
  return indexes.some((index) => Math.floor(index / 256) === tile);
}

function storeOf(size: number, leafHashes: Uint8Array): LedgerStore {
  const roots: Uint8Array[][] = [];
  const entry = Uint8Array.of(0);
  return {
    transact: (work) => work(),
    size: () => size,
    find: () => undefined,
    append: () => undefined,
    leaves: (from, to) => new Array(to - from).fill(entry),
    hashes: (level, from, to) =>
      level > 0
        ? (roots[level] ?? []).slice(from, to)
        : Array.from({ length: to - from }, (_, at) =>
            leafHashes.subarray((from + at) * HASH_BYTES, (from + at + 1) * HASH_BYTES),
          ),
    roots: (level) => roots[level]?.length ?? 0,
    putRoots(level, _, added) {
      roots[level] ??= [];
      for (const root of added) roots[level].push(root);
    },
  };
}
