// Verifies a whole log from its files alone: every entry is hashed again, every tile is compared with what the entries make
// of it, and the root with the one that was signed. Trusts nothing but the verifier keys of the log and of the witnesses that
// are named, and an earlier checkpoint where there is one. The verdict is a value: nothing that a log can hold makes this
// throw. Reads every file once, some pieces at a time, each a bundle with the tile of its hashes, and judges them from left to
// right; keeps those pieces, and one tile of each level.
import { decodeBundle, wholeEntries } from './bundle.ts';
import { type BundleHashes, bundleHasher, type HashBundle } from './bundle-hashes.ts';
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
import { inOrder } from './in-order.ts';
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
  /** Hashes a bundle, by `sha256` if nothing else is said: where there are threads, several are hashed at once. */
  readonly hashBundle?: HashBundle;
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

/** Files may be far away, and threads wait for work: one piece after the other would be as slow as the way there and back. */
export const PIECES_AT_ONCE = 8;
const CHECKPOINT = 'checkpoint';
const EARLIER = 'earlier';

/** @throws what `read`, `onEntry` and `hashBundle` throw, and nothing else */
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
  const hashBundle = options.hashBundle ?? bundleHasher(sha256);
  const pieces = inOrder(tilesFrom('entries', 0, size), PIECES_AT_ONCE, (bundle) =>
    pieceOf(bundle, { read, sha256, hashBundle }),
  );
  for await (const { bundle, bytes, leaves, root, tile } of pieces) {
    const start = bundle.index * TILE_WIDTH;
    const end = start + bundle.width;
    edge.rows[0] = { index: bundle.index, hashes: leaves };
    await checkRoot(edge, before, start, end, 'log_inconsistent');
    compareTile(edge.rows[0], 0, tile);
    if (bundle.width === TILE_WIDTH) await carry(edge, 0, root);
    if (onEntry) await tell(onEntry, decodeBundle(bytes, bundle.width), start);
    onProgress?.(end, size);
  }
  for (const [level, row] of edge.rows.entries()) {
    if (level > 0 && row.hashes.length > 0) compareTile(row, level, await read(pathOf(row, level)));
  }
  await checkRoot(edge, checkpoint, size, size + 1, 'root_mismatch');
  await checkRoot(edge, before, size, size + 1, 'log_inconsistent');
  return { checkpoint, cosignatures };
}

/** A bundle, what it hashes to, and the tile that should say the same. */
interface Piece extends BundleHashes {
  readonly bundle: Tile;
  readonly bytes: Uint8Array;
  readonly tile: Uint8Array | null;
}

async function pieceOf(
  bundle: Tile,
  { read, sha256, hashBundle }: Pick<VerifyLogOptions, 'read'> & { sha256: Sha256; hashBundle: HashBundle },
): Promise<Piece> {
  const path = tilePath(bundle);
  const start = bundle.index * TILE_WIDTH;
  const reading = read(tilePath({ ...bundle, level: 0 }));
  // A bundle that is missing is told of, whatever becomes of its tile.
  reading.catch(() => undefined);
  const bytes = await read(path);
  if (bytes === null) throw new Fault('bundle_missing', path, start);
  const tile = await reading;
  try {
    return { bundle, bytes, tile, ...(await hashBundle(bytes, bundle.width)) };
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    const hashes = await hashLeaves(wholeEntries(bytes, bundle.width).entries, sha256);
    const differs = firstDifference(hashes, tile ?? new Uint8Array());
    throw new Fault(error.code, path, start + (differs < 0 ? hashes.length : differs));
  }
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
  readonly rows: Row[];
  readonly read: ReadFile;
  readonly sha256: Sha256;
}

interface Row {
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
}

/** Puts the root of a tile that has become full into the one above, which may become full by it. */
async function carry({ rows, read, sha256 }: Edge, level: number, root: Uint8Array): Promise<void> {
  rows[level] = { index: (rows[level]?.index ?? 0) + 1, hashes: [] };
  const { index, hashes } = rows[level + 1] ?? { index: 0, hashes: [] };
  const above = { index, hashes: [...hashes, root] };
  rows[level + 1] = above;
  if (above.hashes.length < TILE_WIDTH) return;
  compareTile(above, level + 1, await read(pathOf(above, level + 1)));
  await carry({ rows, read, sha256 }, level + 1, await rowRoot(above.hashes, sha256));
}

function pathOf({ index, hashes }: Row, level: number): string {
  return tilePath({ level, index, width: hashes.length });
}

function compareTile(row: Row, level: number, tile: Uint8Array | null): void {
  const path = pathOf(row, level);
  const start = row.index * TILE_WIDTH;
  if (tile === null) throw new Fault('tile_missing', path, start * TILE_WIDTH ** level);
  const differs = firstDifference(row.hashes, tile);
  if (differs >= 0) throw new Fault('tile_mismatch', path, (start + differs) * TILE_WIDTH ** level);
  if (tile.length !== row.hashes.length * HASH_LENGTH) throw new Fault('tile_mismatch', path);
}

/** Which is the first hash that the tile does not have; below 0 when it has them all. */
function firstDifference(hashes: readonly Uint8Array[], tile: Uint8Array): number {
  return hashes.findIndex((hash, at) => !standsAt(hash, tile, at * HASH_LENGTH));
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
