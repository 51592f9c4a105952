// Verifies a whole log from its files alone: every entry is hashed again, every tile is compared with what the entries make
// of it, and the root with the one that was signed. Trusts nothing but the verifier key, and an earlier checkpoint where
// there is one. The verdict is a value: nothing that a log can hold makes this throw.
import { decodeBundle } from './bundle.ts';
import { sameBytes } from './bytes.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { LogError, type LogErrorCode } from './errors.ts';
import { hashLeaves, rowRoot, type Sha256, webSha256 } from './merkle-hash.ts';
import { noteVerifier } from './note.ts';
import { rootAt } from './range-root.ts';
import { hashesAtLevel, TILE_WIDTH, type Tile, tilePath, tilesFrom } from './tile.ts';

export type LogFault =
  | LogErrorCode
  | 'checkpoint_missing'
  | 'bundle_missing'
  | 'tile_missing'
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
      /** The file where it shows, below the log's prefix. */
      readonly path: string;
    };

export interface VerifyLogOptions {
  /** A file of the log, by its path below the prefix; null when there is none. */
  readonly read: (path: string) => Promise<Uint8Array | null>;
  readonly verifierKey: string;
  /** A signed checkpoint of the same log that was seen before. */
  readonly earlier?: Uint8Array;
  /** Told how many entries of how many have been hashed. */
  readonly onProgress?: (done: number, size: number) => void;
  /** Told every entry, in order. */
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

/** @throws what `read` throws, and nothing else */
export async function verifyLog(options: VerifyLogOptions): Promise<LogVerdict> {
  try {
    return { ok: true, checkpoint: await verified(options) };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: error.fault, path: error.path };
    throw error;
  }
}

async function verified({
  read,
  verifierKey,
  earlier,
  onProgress,
  onEntry,
  sha256 = webSha256,
}: VerifyLogOptions): Promise<Checkpoint> {
  const note = await read('checkpoint');
  if (note === null) throw new Fault('checkpoint_missing', 'checkpoint');
  const checkpoint = await opened(note, verifierKey);
  const size = Number(checkpoint.size);

  const levels: Uint8Array[][] = [[]];
  for (const bundle of tilesFrom('entries', 0, size)) {
    const entries = await entriesOf(bundle, read);
    entries.forEach((entry, at) => {
      onEntry?.(entry, bundle.index * TILE_WIDTH + at);
    });
    levels[0]?.push(...(await hashLeaves(entries, sha256)));
    onProgress?.(bundle.index * TILE_WIDTH + bundle.width, size);
  }
  for (let level = 0; hashesAtLevel(size, level) > 0; level++) {
    const row = levels[level] ?? [];
    const above: Uint8Array[] = [];
    for (const tile of tilesFrom(level, 0, size)) {
      const hashes = row.slice(tile.index * TILE_WIDTH, tile.index * TILE_WIDTH + tile.width);
      await compareTile(tile, hashes, read);
      if (tile.width === TILE_WIDTH) above.push(await rowRoot(hashes, sha256));
    }
    levels.push(above);
  }
  const hashes = (level: number, from: number, to: number) => (levels[level] ?? []).slice(from, to);
  if (!sameBytes(await rootAt(size, hashes, sha256), checkpoint.root)) {
    throw new Fault('root_mismatch', 'checkpoint');
  }
  if (earlier) {
    const before = await opened(earlier, verifierKey);
    if (before.size > checkpoint.size) throw new Fault('log_truncated', 'checkpoint');
    if (!sameBytes(await rootAt(Number(before.size), hashes, sha256), before.root)) {
      throw new Fault('log_inconsistent', 'checkpoint');
    }
  }
  return checkpoint;
}

async function opened(note: Uint8Array, verifierKey: string): Promise<Checkpoint> {
  try {
    return await openCheckpoint(note, await noteVerifier(verifierKey));
  } catch (error) {
    if (error instanceof LogError) throw new Fault(error.code, 'checkpoint');
    throw error;
  }
}

async function entriesOf(bundle: Tile, read: VerifyLogOptions['read']): Promise<Uint8Array[]> {
  const path = tilePath(bundle);
  const bytes = await read(path);
  if (bytes === null) throw new Fault('bundle_missing', path);
  try {
    return decodeBundle(bytes, bundle.width);
  } catch {
    throw new Fault('bundle_malformed', path);
  }
}

async function compareTile(
  tile: Tile,
  hashes: readonly Uint8Array[],
  read: VerifyLogOptions['read'],
): Promise<void> {
  const path = tilePath(tile);
  const bytes = await read(path);
  if (bytes === null) throw new Fault('tile_missing', path);
  const expected = hashes.length * 32;
  if (
    bytes.length !== expected ||
    !hashes.every((hash, at) => sameBytes(hash, bytes.subarray(at * 32, at * 32 + 32)))
  ) {
    throw new Fault('tile_mismatch', path);
  }
}
