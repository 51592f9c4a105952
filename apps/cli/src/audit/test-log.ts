// For tests: a log in a directory, and a server that has it, or does what it is told instead.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import {
  type Checkpoint,
  createLedger,
  type LedgerStore,
  noteSigner,
  type StoredEntry,
  verifierKeyOf,
} from '@salus/audit/log';
import { expect } from 'vitest';
import { verifyFrom } from './verify.ts';

export const ORIGIN = 'localhost/log/01a20d10-f597-73b6-9bec-4ef1458d56c3/2026';
export const SEED = new Uint8Array(32).fill(7);
/** One full tile and a bit. */
export const SIZE = 300;
/** Of the log of that origin. */
export const KEY = await verifierKeyOf(ORIGIN, SEED);

function ledgerStore(): LedgerStore {
  const entries: StoredEntry[] = [];
  const roots: Uint8Array[][] = [];
  return {
    transact: (work) => work(),
    size: () => entries.length,
    find: (id) => entries.find((entry) => entry.id === id),
    append: (entry) => entries.push(entry),
    leaves: (from, to) => entries.slice(from, to).map(({ leaf }) => leaf),
    hashes: (level, from, to) =>
      level === 0 ? entries.slice(from, to).map(({ hash }) => hash) : (roots[level] ?? []).slice(from, to),
    roots: (level) => (roots[level] ?? []).length,
    putRoots(level, from, added) {
      roots[level] = [...(roots[level] ?? []).slice(0, from), ...added];
    },
  };
}

/** Each entry is an object with that name, and its place as the value. */
export async function writeLog(to: string, origin = ORIGIN, what = 'at'): Promise<Checkpoint> {
  const put = async (path: string, bytes: Uint8Array) => {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await writeFile(join(to, path), bytes);
  };
  const objects = {
    get: (path: string) => readFile(join(to, path)).catch(() => null),
    put,
    // Nobody else writes here.
    replace: (path: string, bytes: Uint8Array) => put(path, bytes).then(() => true),
  };
  const ledger = createLedger(ledgerStore(), objects, await noteSigner(origin, SEED));
  await ledger.append(
    Array.from({ length: SIZE }, (_, at) => ({
      id: `${at}`,
      leaf: new TextEncoder().encode(`{"${what}":${at}}`),
    })),
  );
  return ledger.publish();
}

export type Answer = (response: ServerResponse, bytes: Buffer) => void;

/** The directory's files, each as they are or as it is told. */
export async function served(
  directory: string,
  work: (url: string) => Promise<unknown>,
  answers: Record<string, Answer> = {},
): Promise<void> {
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const bytes = await readFile(join(directory, path)).catch(() => null);
    const answer = answers[path];
    if (bytes && answer) answer(response, bytes);
    else response.writeHead(bytes ? 200 : 404).end(bytes ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  try {
    await work(`http://127.0.0.1:${address.port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

export async function verdictOf(log: string, verifierKey = KEY) {
  const { ok, deleted, report } = await verifyFrom({ log, keys: [verifierKey], json: true });
  expect(deleted).toBe(JSON.parse(report).deleted === true);
  expect(ok).toBe(JSON.parse(report).ok);
  return JSON.parse(report);
}
