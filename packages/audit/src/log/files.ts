// The files of a log, made from its store, which is the authority: whatever the object store has lost or damaged is written
// again from it, byte for byte.
import { encodeBundle } from './bundle.ts';
import { type Bytes, joinBytes, sameBytes } from './bytes.ts';
import { LogError } from './errors.ts';
import type { LedgerStore, ObjectStore } from './ledger.ts';
import { hashesAtLevel, TILE_WIDTH, type Tile, type TileLevel, tilePath, tilesFrom } from './tile.ts';

/** The files that a tree of `size` leaves has and the one of `published` leaves had not. */
export function* filesOf(published: number, size: number): Generator<Tile, void> {
  if (size === published) return;
  yield* tilesFrom('entries', published, size);
  for (let level = 0; hashesAtLevel(size, level) > hashesAtLevel(published, level); level++) {
    yield* tilesFrom(level, hashesAtLevel(published, level), size);
  }
}

/** @throws LogError `ledger_damaged` */
export function contentOf(store: LedgerStore, { level, index, width }: Tile): Bytes {
  const from = index * TILE_WIDTH;
  const parts =
    level === 'entries' ? store.leaves(from, from + width) : store.hashes(level, from, from + width);
  if (parts.length !== width) throw new LogError('ledger_damaged');
  return level === 'entries' ? encodeBundle(parts) : joinBytes(parts);
}

/** Where an inspection goes on: it stays meaningful while the log grows. */
export interface InspectionCursor {
  readonly level: TileLevel;
  readonly index: number;
}

export interface Inspection {
  /** Files that were missing or damaged, and are as they should be again. */
  readonly repaired: readonly string[];
  /** Where to go on; undefined when every file has been looked at. */
  readonly next: InspectionCursor | undefined;
}

export const INSPECTION_START: InspectionCursor = { level: 'entries', index: 0 };

/** Compares files of the tree of `size` leaves with what they must be, and writes those that differ. */
export async function inspectFiles(
  store: LedgerStore,
  objects: ObjectStore,
  { size, from, atMost }: { readonly size: number; readonly from: InspectionCursor; readonly atMost: number },
): Promise<Inspection> {
  const repaired: string[] = [];
  let looked = 0;
  for (const tile of filesFrom(from, size)) {
    if (looked === atMost) return { repaired, next: { level: tile.level, index: tile.index } };
    looked += 1;
    const path = tilePath(tile);
    const content = contentOf(store, tile);
    const found = await objects.get(path);
    if (found !== null && sameBytes(found, content)) continue;
    await objects.put(path, content);
    repaired.push(path);
  }
  return { repaired, next: undefined };
}

/** From a file on: bundles first, then tiles level by level. */
function* filesFrom(from: InspectionCursor, size: number): Generator<Tile, void> {
  if (from.level === 'entries') yield* tilesFrom('entries', from.index * TILE_WIDTH, size);
  const first = from.level === 'entries' ? { level: 0, index: 0 } : { level: from.level, index: from.index };
  for (let level = first.level; hashesAtLevel(size, level) > 0; level++) {
    yield* tilesFrom(level, level === first.level ? first.index * TILE_WIDTH : 0, size);
  }
}
