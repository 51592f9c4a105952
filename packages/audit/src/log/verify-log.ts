// Verifies a whole log from its files alone: every entry is hashed again, every tile is compared with what the entries make
// of it, and the root with the one that was signed. Trusts nothing but the verifier key, and an earlier checkpoint where
// there is one. The verdict is a value: nothing that a log can hold makes this throw. Reads every file once, from left to
// right, and keeps no more than one tile of each level.
import { decodeBundle } from './bundle.ts';
import { sameBytes } from './bytes.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { LogError, type LogErrorCode } from './errors.ts';
import { HASH_LENGTH, hashLeaves, rowRoot, type Sha256, webSha256 } from './merkle-hash.ts';
import { noteVerifier } from './note.ts';
import type { ReadFile } from './proof.ts';
import { type HashRange, rootAt } from './range-root.ts';
import { TILE_WIDTH, type Tile, tilePath, tilesFrom } from './tile.ts';

export type LogFault =
  | LogErrorCode
  | 'bundle_missing'
  /** A tile is not what the entries make of it: an entry was changed, removed, added or moved. */
  | 'tile_mismatch'
  /** The entries do not make the root that was signed. */
  | 'root_mismatch'
  /** The log is shorter than an earlier checkpoint says. */
  | 'log_truncated'
  /** The log's beginning is not the one that an earlier checkpoint says. */
  | 'log_inconsistent';

export type LogVerdict =
  | { readonly ok: true; readonly checkpoint: Checkpoint }
  | {
      readonly ok: false;
      readonly fault: LogFault;
      /** The file where it shows, below the log's prefix; `earlier` for the checkpoint that was seen before. */
      readonly path: string;
    };

export interface VerifyLogOptions {
  /** A file of the log, by its path below the prefix; null when there is none. */
  readonly read: ReadFile;
  readonly verifierKey: string;
  /** A signed checkpoint of the same log that was seen before. */
  readonly earlier?: Uint8Array;
  /** Told how many entries of how many have been hashed. */
  readonly onProgress?: (done: number, size: number) => void;
  /** Told every entry, in order, and before it is known whether the root holds. */
  readonly onEntry?: (entry: Uint8Array, index: number) => void;
  readonly sha256?: Sha256;
}

class Fault extends Error {
  readonly fault: LogFault;
  readonly path: string;
  constructor(fault: LogFault, path: string) {
    super(fault);
    this.fault = fault;
    this.path = path;
  }
}

const CHECKPOINT = 'checkpoint';
const EARLIER = 'earlier';

/** @throws what `read` and `onEntry` throw, and nothing else */
export async function verifyLog(options: VerifyLogOptions): Promise<LogVerdict> {
  try {
    return { ok: true, checkpoint: await verified(options) };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: error.fault, path: error.path };
    throw error;
  }
}

async function verified(options: VerifyLogOptions): Promise<Checkpoint> {
  const { read, verifierKey, earlier, onProgress, onEntry, sha256 = webSha256 } = options;
  const note = await read(CHECKPOINT);
  if (note === null) throw new Fault('checkpoint_missing', CHECKPOINT);
  const checkpoint = await opened(note, verifierKey, CHECKPOINT);
  const before = earlier && (await opened(earlier, verifierKey, EARLIER));
  if (before && before.size > checkpoint.size) throw new Fault('log_truncated', CHECKPOINT);

  const size = Number(checkpoint.size);
  const edge: Edge = { rows: [], read, sha256 };
  for (const bundle of tilesFrom('entries', 0, size)) {
    const start = bundle.index * TILE_WIDTH;
    const entries = await entriesOf(bundle, read);
    entries.forEach((entry, at) => {
      onEntry?.(entry, start + at);
    });
    edge.rows[0] = { index: bundle.index, hashes: await hashLeaves(entries, sha256) };
    await checkRoot(edge, before, start, start + bundle.width, 'log_inconsistent');
    if (bundle.width === TILE_WIDTH) await finishTile(edge, 0);
    onProgress?.(start + bundle.width, size);
  }
  for (let level = 0; level < edge.rows.length; level++) await compareTile(edge, level);
  await checkRoot(edge, checkpoint, size, size + 1, 'root_mismatch');
  await checkRoot(edge, before, size, size + 1, 'log_inconsistent');
  return checkpoint;
}

/** The right edge of the tree so far: at each level the tile that is not full yet. */
interface Edge {
  readonly rows: { index: number; hashes: Uint8Array[] }[];
  readonly read: ReadFile;
  readonly sha256: Sha256;
}

/** Compares a tile that has become full, and carries its root to the level above. */
async function finishTile(edge: Edge, level: number): Promise<void> {
  await compareTile(edge, level);
  const full = edge.rows[level];
  if (full === undefined) return;
  edge.rows[level] = { index: full.index + 1, hashes: [] };
  edge.rows[level + 1] ??= { index: 0, hashes: [] };
  const above = edge.rows[level + 1]?.hashes;
  above?.push(await rowRoot(full.hashes, edge.sha256));
  if (above?.length === TILE_WIDTH) await finishTile(edge, level + 1);
}

async function compareTile({ rows, read }: Edge, level: number): Promise<void> {
  const row = rows[level];
  if (row === undefined || row.hashes.length === 0) return;
  const path = tilePath({ level, index: row.index, width: row.hashes.length });
  const bytes = await read(path);
  if (bytes === null) throw new Fault('tile_missing', path);
  const isSame =
    bytes.length === row.hashes.length * HASH_LENGTH &&
    row.hashes.every((hash, at) => sameBytes(hash, bytes.subarray(at * HASH_LENGTH, (at + 1) * HASH_LENGTH)));
  if (!isSame) throw new Fault('tile_mismatch', path);
}

/** Checks the root of a checkpoint whose size lies in `from` (inclusive) to `to` (exclusive): the edge can tell it then. */
async function checkRoot(
  { rows, sha256 }: Edge,
  checkpoint: Checkpoint | undefined,
  from: number,
  to: number,
  fault: LogFault,
): Promise<void> {
  if (checkpoint === undefined || checkpoint.size < from || checkpoint.size >= to) return;
  const hashes: HashRange = (level, first, end) => {
    const { index, hashes } = rows[level] ?? { index: 0, hashes: [] };
    return hashes.slice(first - index * TILE_WIDTH, end - index * TILE_WIDTH);
  };
  const root = await rootAt(Number(checkpoint.size), hashes, sha256);
  if (!sameBytes(root, checkpoint.root)) throw new Fault(fault, CHECKPOINT);
}

async function opened(note: Uint8Array, verifierKey: string, path: string): Promise<Checkpoint> {
  try {
    return await openCheckpoint(note, await noteVerifier(verifierKey));
  } catch (error) {
    if (error instanceof LogError) throw new Fault(error.code, path);
    throw error;
  }
}

async function entriesOf(bundle: Tile, read: ReadFile): Promise<Uint8Array[]> {
  const path = tilePath(bundle);
  const bytes = await read(path);
  if (bytes === null) throw new Fault('bundle_missing', path);
  try {
    return decodeBundle(bytes, bundle.width);
  } catch {
    throw new Fault('bundle_malformed', path);
  }
}
