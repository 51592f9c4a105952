// For tests: a ledger's store and an object store in memory, that can fail at any step. A failed transaction leaves nothing
// behind, as in SQLite; a failed put leaves the object as it was, or already written, as over a network.
import { sameBytes } from './bytes.ts';
import { createLedger, type LedgerStore, type ObjectStore, type StoredEntry } from './ledger.ts';
import type { NoteSigner } from './note.ts';

/** Says, before each step, whether it fails: `before` it took effect, or `after`. */
export type Fault = (step: string) => 'before' | 'after' | undefined;

export class Crash extends Error {}

export interface MemoryStore extends LedgerStore {
  entries(): readonly StoredEntry[];
}

export function memoryStore(fault: Fault = () => undefined): MemoryStore {
  const entries: StoredEntry[] = [];
  const byId = new Map<string, StoredEntry>();
  const roots = new Map<number, Uint8Array[]>();
  const step = (name: string, work: () => void) => {
    const failing = fault(name);
    if (failing === 'before') throw new Crash(name);
    work();
    if (failing === 'after') throw new Crash(name);
  };
  return {
    entries: () => entries,
    transact(work) {
      const before = { size: entries.length, roots: [...roots] };
      try {
        return work();
      } catch (error) {
        for (const { id } of entries.splice(before.size)) byId.delete(id);
        roots.clear();
        for (const [level, row] of before.roots) roots.set(level, row);
        throw error;
      }
    },
    size: () => entries.length,
    find: (id) => byId.get(id),
    append(entry) {
      step('append', () => {
        entries.push(entry);
        byId.set(entry.id, entry);
      });
    },
    leaves: (from, to) => entries.slice(from, to).map(({ leaf }) => leaf),
    hashes: (level, from, to) =>
      level === 0
        ? entries.slice(from, to).map(({ hash }) => hash)
        : (roots.get(level) ?? []).slice(from, to),
    roots: (level) => (roots.get(level) ?? []).length,
    putRoots(level, from, added) {
      step('putRoots', () => {
        roots.set(level, [...(roots.get(level) ?? []).slice(0, from), ...added]);
      });
    },
  };
}

export interface MemoryObjects extends ObjectStore {
  readonly files: Map<string, Uint8Array>;
  /** Paths in the order of their writing, repetitions and all. */
  readonly written: string[];
}

export function memoryObjects(fault: Fault = () => undefined): MemoryObjects {
  const files = new Map<string, Uint8Array>();
  const written: string[] = [];
  const put = (path: string, bytes: Uint8Array) => {
    const failing = fault(`put ${path}`);
    if (failing === 'before') throw new Crash(path);
    files.set(path, bytes.slice());
    written.push(path);
    if (failing === 'after') throw new Crash(path);
  };
  return {
    files,
    written,
    async get(path) {
      if (fault(`get ${path}`)) throw new Crash(path);
      return files.get(path)?.slice() ?? null;
    },
    put: async (path, bytes) => put(path, bytes),
    async replace(path, bytes, previous) {
      const present = files.get(path);
      if (present ? previous === null || !sameBytes(present, previous) : previous !== null) return false;
      put(path, bytes);
      return true;
    },
  };
}

/** The files of a log with these leaves, as its writer publishes them. */
export async function publishedFiles(
  leaves: readonly Uint8Array[],
  signer: NoteSigner,
): Promise<Map<string, Uint8Array>> {
  const objects = memoryObjects();
  const ledger = createLedger(memoryStore(), objects, signer);
  await ledger.append(leaves.map((leaf, at) => ({ id: `event ${at}`, leaf })));
  await ledger.publish();
  return objects.files;
}
