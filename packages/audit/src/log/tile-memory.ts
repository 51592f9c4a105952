// What was read of logs, at hand for the proofs that come after. Tiles above the leaves are few, and each is a part of many proofs; a
// tile never changes, and its path says how wide it is (c2sp.org/tlog-tiles), so that what is known by it stays true. And a log only
// grows: a tile that was full is still there, and can be fetched before it is known how large the log is now.
import { HASH_LENGTH } from './merkle-hash.ts';
import type { ReadFile } from './proof.ts';
import { TILE_WIDTH, tilePath } from './tile.ts';

/** Of one log. */
export interface TileMemory {
  /**
   * Reads what `read` does for the proof of an entry, tiles from memory where they are there. What is sure to be needed is on its way
   * from the beginning.
   */
  over(read: ReadFile, index: number): ReadFile;
  /** Notes how many leaves a checkpoint said, once its signature was checked. */
  grown(size: number): void;
  forget(): void;
}

/** Two mebibytes of full tiles, which are those above sixteen million leaves. */
const TILES_AT_MOST = 256;
const LOGS_AT_MOST = 1_024;

/** Above the leaves, and at the right edge. Full tiles of leaves are as many as a log is long: to keep one helps no other proof. */
const SHARED = /^tile\/(?:[1-9]\d*\/|0\/.*\.p\/)/;

/** @returns what is remembered of a log, by a name that no other log has; what has not been used for longest is forgotten first */
export function tileMemory(): (log: string) => TileMemory {
  const tiles = new Map<string, Uint8Array>();
  const sizes = new Map<string, number>();
  return (log) => ({
    over(read, index) {
      const remembered: ReadFile = async (path) => {
        if (!SHARED.test(path)) return read(path);
        const name = `${log}/${path}`;
        const tile = tiles.get(name) ?? (await read(path));
        if (tile?.length === widthOf(path) * HASH_LENGTH) keep(tiles, name, tile, TILES_AT_MOST);
        return tile;
      };
      const ahead = new Map(
        fullTilesOver(index, sizes.get(log) ?? 0).map((path) => [path, remembered(path)]),
      );
      // One that is asked for tells what went wrong; of the others, nobody asks.
      for (const file of ahead.values()) file.catch(() => undefined);
      return (path) => ahead.get(path) ?? remembered(path);
    },
    grown: (size) => keep(sizes, log, size, LOGS_AT_MOST),
    forget() {
      sizes.delete(log);
      for (const name of tiles.keys()) if (name.startsWith(`${log}/`)) tiles.delete(name);
    },
  });
}

/** The tiles that a leaf is in or below, as far up as they are full in a tree of `size` leaves. */
function fullTilesOver(index: number, size: number): string[] {
  const paths: string[] = [];
  for (let level = 0, leaves = TILE_WIDTH; ; level += 1, leaves *= TILE_WIDTH) {
    const tile = Math.floor(index / leaves);
    const isFull = tile >= 0 && (tile + 1) * leaves <= size;
    if (!isFull) return paths;
    paths.push(tilePath({ level, index: tile, width: TILE_WIDTH }));
  }
}

function widthOf(path: string): number {
  const [, partial] = path.split('.p/');
  return partial === undefined ? TILE_WIDTH : Number(partial);
}

function keep<V>(kept: Map<string, V>, name: string, value: V, atMost: number): void {
  kept.delete(name);
  kept.set(name, value);
  if (kept.size <= atMost) return;
  const [oldest = ''] = kept.keys();
  kept.delete(oldest);
}
