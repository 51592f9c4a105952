// Tiles that were read of logs, at hand for the proofs that come after: those above the leaves are few, and each is a part of many
// proofs. A tile never changes, and its path says how wide it is (c2sp.org/tlog-tiles), so that what is known by it stays true.
import type { ReadFile } from './proof.ts';

/** Of one log. */
export interface TileMemory {
  /** Reads what `read` does, tiles from memory where they are there. */
  over(read: ReadFile): ReadFile;
  forget(): void;
}

/** Two mebibytes of full tiles, which are those above sixteen million leaves. */
const TILES_AT_MOST = 256;

/** Above the leaves, and at the right edge. Full tiles of leaves are as many as a log is long: to keep one helps no other proof. */
const SHARED = /^tile\/(?:[1-9]\d*\/|0\/.*\.p\/)/;

/** @returns what is remembered of a log, by a name that no other log has; what has not been used for longest is forgotten first */
export function tileMemory(): (log: string) => TileMemory {
  const tiles = new Map<string, Uint8Array>();

  function keep(name: string, tile: Uint8Array): void {
    tiles.delete(name);
    tiles.set(name, tile);
    if (tiles.size <= TILES_AT_MOST) return;
    const [oldest = ''] = tiles.keys();
    tiles.delete(oldest);
  }

  return (log) => ({
    over: (read) => async (path) => {
      if (!SHARED.test(path)) return read(path);
      const name = `${log}/${path}`;
      const tile = tiles.get(name) ?? (await read(path));
      if (tile !== null) keep(name, tile);
      return tile;
    },
    forget() {
      for (const name of tiles.keys()) if (name.startsWith(`${log}/`)) tiles.delete(name);
    },
  });
}
