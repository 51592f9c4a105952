// Logs as files in a directory: copied from where a Worker serves them, or made by whoever has the key.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  createLedger,
  type LedgerStore,
  type NoteSigner,
  type StoredEntry,
  verifyLog,
} from '@salus/audit/log';

async function write(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), bytes);
}

/** Downloads what a verifier reads. @returns the entries of the log */
export async function copyLog(of: {
  readonly url: string;
  readonly verifierKey: string;
  readonly directory: string;
}): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = [];
  const verdict = await verifyLog({
    verifierKey: of.verifierKey,
    async read(path) {
      const answer = await fetch(`${of.url}/${path}`);
      if (!answer.ok) return null;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      await write(of.directory, path, bytes);
      return bytes;
    },
    onEntry: (entry) => entries.push(entry.slice()),
  });
  if (!verdict.ok) throw new Error(verdict.fault);
  return entries;
}

/** Publishes a log of these entries. */
export async function publishLog(
  directory: string,
  list: readonly Uint8Array[],
  signer: NoteSigner,
): Promise<void> {
  const objects = {
    get: () => Promise.resolve(null),
    put: (path: string, bytes: Uint8Array) => write(directory, path, bytes),
    replace: (path: string, bytes: Uint8Array) => write(directory, path, bytes).then(() => true),
  };
  const ledger = createLedger(storeInMemory(), objects, signer);
  await ledger.append(list.map((leaf, at) => ({ id: `${at}`, leaf })));
  await ledger.publish();
}

function storeInMemory(): LedgerStore {
  const stored: StoredEntry[] = [];
  const roots: Uint8Array[][] = [];
  return {
    transact: (work) => work(),
    size: () => stored.length,
    find: () => undefined,
    append: (entry) => stored.push(entry),
    leaves: (from, to) => stored.slice(from, to).map(({ leaf }) => leaf),
    hashes: (level, from, to) =>
      level === 0 ? stored.slice(from, to).map(({ hash }) => hash) : (roots[level] ?? []).slice(from, to),
    roots: (level) => (roots[level] ?? []).length,
    putRoots(level, from, added) {
      roots[level] = [...(roots[level] ?? []).slice(0, from), ...added];
    },
  };
}
