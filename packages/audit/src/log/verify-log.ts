// Verifies a whole log from its files alone: every entry is hashed again, every tile is compared with what the entries make
// of it, and the root with the one that was signed. Trusts nothing but the verifier keys of the log and of the witnesses that
// are named, and an earlier checkpoint where there is one. The verdict is a value: nothing that a log can hold makes this throw. Reads every file once, from left to
// right, and keeps no more than one tile of each level.
import { decodeBundle, wholeEntries } from './bundle.ts';
import { sameBytes, standsAt } from './bytes.ts';
import {
  type Checkpoint,
  openCheckpoint,
  openTrusted,
  type Trust,
  type TrustOptions,
  trustOf,
} from './checkpoint.ts';
import type { Cosignature } from './cosignature.ts';
import { LogError, type LogErrorCode } from './errors.ts';
import { HASH_LENGTH, hashLeaves, rowRoot, type Sha256, webSha256 } from './merkle-hash.ts';
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
  | {
      readonly ok: true;
      readonly checkpoint: Checkpoint;
      /** By the witnesses that were named. */
      readonly cosignatures: readonly Cosignature[];
    }
  | {
      readonly ok: false;
      readonly fault: LogFault;
      /** The file where it shows, below the log's prefix; `earlier` for the checkpoint that was seen before. */
      readonly path: string;
      /** The first entry that is not as it should be, from 0, where the files tell which: all before it are. */
      readonly index?: number;
    };

export interface VerifyLogOptions extends TrustOptions {
  /** A file of the log, by its path below the prefix; null when there is none. */
  readonly read: ReadFile;
  /** A signed checkpoint of the same log that was seen before. */
  readonly earlier?: Uint8Array;
  /** Told how many entries of how many have been hashed. */
  readonly onProgress?: (done: number, size: number) => void;
  /** Told every entry, in order, and before it is known whether the root holds. A promise is waited for. */
  readonly onEntry?: (entry: Uint8Array, index: number) => unknown;
  readonly sha256?: Sha256;
}

class Fault extends Error {
  readonly fault: LogFault;
  readonly path: string;
  readonly index: number | undefined;
  constructor(fault: LogFault, path: string, index?: number) {
    super(fault);
    this.fault = fault;
    this.path = path;
    this.index = index;
  }
}

const CHECKPOINT = 'checkpoint';
const EARLIER = 'earlier';

/** @throws what `read` and `onEntry` throw, and nothing else */
export async function verifyLog(options: VerifyLogOptions): Promise<LogVerdict> {
  try {
    return { ok: true, ...(await verified(options)) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { fault, path, index } = error;
    return { ok: false, fault, path, ...(index !== undefined && { index }) };
  }
}

async function verified(options: VerifyLogOptions): Promise<{
  checkpoint: Checkpoint;
  cosignatures: readonly Cosignature[];
}> {
  const { read, earlier, onProgress, onEntry, sha256 = webSha256 } = options;
  const trust = await faultsOf(CHECKPOINT, trustOf(options));
  const note = await read(CHECKPOINT);
  if (note === null) throw new Fault('checkpoint_missing', CHECKPOINT);
  const { checkpoint, cosignatures } = await faultsOf(CHECKPOINT, openTrusted(note, trust));
  const size = Number(checkpoint.size);
  const before = earlier && (await openEarlier(earlier, trust));
  if (before && before.size > checkpoint.size) throw new Fault('log_truncated', CHECKPOINT, size);

  const edge: Edge = { rows: [], read, sha256 };
  for (const bundle of tilesFrom('entries', 0, size)) {
    const start = bundle.index * TILE_WIDTH;
    const entries = await entriesOf(bundle, read, sha256);
    edge.rows[0] = { index: bundle.index, hashes: await hashLeaves(entries, sha256) };
    await checkRoot(edge, before, start, start + bundle.width, 'log_inconsistent');
    if (bundle.width === TILE_WIDTH) await finishTile(edge, 0);
    if (onEntry) await tell(onEntry, entries, start);
    onProgress?.(start + bundle.width, size);
  }
  for (let level = 0; level < edge.rows.length; level++) await compareTile(edge, level);
  await checkRoot(edge, checkpoint, size, size + 1, 'root_mismatch');
  await checkRoot(edge, before, size, size + 1, 'log_inconsistent');
  return { checkpoint, cosignatures };
}

async function tell(
  onEntry: NonNullable<VerifyLogOptions['onEntry']>,
  entries: readonly Uint8Array[],
  start: number,
): Promise<void> {
  for (const [at, entry] of entries.entries()) {
    const told = onEntry(entry, start + at);
    if (told instanceof Promise) await told;
  }
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
  const start = row.index * TILE_WIDTH;
  const bytes = await read(path);
  if (bytes === null) throw new Fault('tile_missing', path, start * TILE_WIDTH ** level);
  const differs = row.hashes.findIndex((hash, at) => !standsAt(hash, bytes, at * HASH_LENGTH));
  if (differs >= 0) throw new Fault('tile_mismatch', path, (start + differs) * TILE_WIDTH ** level);
  if (bytes.length !== row.hashes.length * HASH_LENGTH) throw new Fault('tile_mismatch', path);
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

/** Signed by the log alone: who saw it before needs no witness. */
function openEarlier(note: Uint8Array, { verifiers }: Trust): Promise<Checkpoint> {
  return faultsOf(EARLIER, openCheckpoint(note, ...verifiers));
}

/** What is wrong with keys and checkpoints is a verdict too. */
async function faultsOf<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof LogError) throw new Fault(error.code, path);
    throw error;
  }
}

async function entriesOf(bundle: Tile, read: ReadFile, sha256: Sha256): Promise<Uint8Array[]> {
  const path = tilePath(bundle);
  const start = bundle.index * TILE_WIDTH;
  const bytes = await read(path);
  if (bytes === null) throw new Fault('bundle_missing', path, start);
  try {
    return decodeBundle(bytes, bundle.width);
  } catch {
    const { entries } = wholeEntries(bytes, bundle.width);
    throw new Fault('bundle_malformed', path, start + (await agreeing(entries, bundle, read, sha256)));
  }
}

/** How many entries at the beginning of a bundle that is none are those that the tile of their hashes has. */
async function agreeing(
  entries: readonly Uint8Array[],
  bundle: Tile,
  read: ReadFile,
  sha256: Sha256,
): Promise<number> {
  const tile = (await read(tilePath({ ...bundle, level: 0 }))) ?? new Uint8Array();
  const hashes = await hashLeaves(entries, sha256);
  const first = hashes.findIndex((hash, at) => !standsAt(hash, tile, at * HASH_LENGTH));
  return first < 0 ? entries.length : first;
}
