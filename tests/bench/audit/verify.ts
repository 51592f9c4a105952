// How many leaves a second a whole log is verified at, by a thread for each processor as `salus audit verify` does, beside a
// loop of bare SHA-256 over the same bytes on one, in turns.
import { createLedger, type LedgerStore, noteSigner, type ObjectStore, verifyLog } from '@salus/audit/log';
import { type Hashing, hashing, nodeSha256 } from '@salus/audit/threads';
import { median } from '../quantiles.ts';
import { event } from './events.ts';

export interface Verified {
  readonly leaves: number;
  readonly perSecond: number;
  readonly bareLeavesPerSecond: number;
  /** Of the speed of the bare loop; median of the rounds' own. */
  readonly ratio: number;
}

export async function measureVerify(leaves: number, rounds: number): Promise<Verified> {
  const hashes = hashing();
  try {
    return await measured(hashes, leaves, rounds);
  } finally {
    await hashes.close();
  }
}

async function measured({ hashBundle }: Hashing, leaves: number, rounds: number): Promise<Verified> {
  const entries = Array.from({ length: leaves }, (_, serial) => event(serial));
  const { verifierKey, files } = await publish(entries);
  const read = async (path: string) => files.get(path) ?? null;
  const inputs = entries.map(({ leaf }) => Buffer.concat([Uint8Array.of(0), leaf]));
  const salus: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const started = performance.now();
    const verdict = await verifyLog({ read, verifierKey, sha256: nodeSha256, hashBundle });
    const between = performance.now();
    if (!verdict.ok || Number(verdict.checkpoint.size) !== leaves) throw new Error('the log does not verify');
    for (const input of inputs) nodeSha256(input);
    const ended = performance.now();
    if (round === 0) continue; // warms up
    salus.push((1000 * leaves) / (between - started));
    bare.push((1000 * leaves) / (ended - between));
  }
  return {
    leaves,
    perSecond: median(salus),
    bareLeavesPerSecond: median(bare),
    ratio: median(salus.map((speed, at) => speed / (bare[at] ?? Number.NaN))),
  };
}

async function publish(entries: readonly ReturnType<typeof event>[]) {
  const files = new Map<string, Uint8Array>();
  const objects: ObjectStore = {
    get: async (path) => files.get(path) ?? null,
    async put(path, bytes) {
      files.set(path, bytes);
    },
    async replace(path, bytes) {
      files.set(path, bytes);
      return true;
    },
  };
  const signer = await noteSigner('salus.bench/log', new Uint8Array(32).fill(1));
  const ledger = createLedger(memoryStore(), objects, signer, nodeSha256);
  await ledger.append(entries);
  await ledger.publish();
  return { verifierKey: signer.verifierKey, files };
}

function memoryStore(): LedgerStore {
  const entries: { leaf: Uint8Array; hash: Uint8Array }[] = [];
  const ids = new Map<string, { index: number; hash: Uint8Array }>();
  const roots: Uint8Array[][] = [];
  return {
    transact: (work) => work(),
    size: () => entries.length,
    find: (id) => ids.get(id),
    append(entry) {
      entries.push(entry);
      ids.set(entry.id, entry);
    },
    leaves: (from, to) => entries.slice(from, to).map(({ leaf }) => leaf),
    hashes: (level, from, to) =>
      level === 0 ? entries.slice(from, to).map(({ hash }) => hash) : (roots[level] ?? []).slice(from, to),
    roots: (level) => roots[level]?.length ?? 0,
    putRoots(level, _, added) {
      roots[level] ??= [];
      for (const root of added) roots[level].push(root);
    },
  };
}
