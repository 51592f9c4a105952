// Tiles (c2sp.org/tlog-tiles): a tree cut into pieces of 256 hashes, each a file that never changes. What a file is called
// and how wide it is follow from the size of the tree.

/** Hashes in a full tile, entries in a full bundle. */
export const TILE_WIDTH = 256;

/** A tile of hashes at a level, or a bundle of entries. */
export type TileLevel = number | 'entries';

export interface Tile {
  readonly level: TileLevel;
  readonly index: number;
  /** 256, or fewer at the right edge. */
  readonly width: number;
}

/** `tile/0/x001/234`, `tile/entries/000.p/17`: below the prefix of a log. */
export function tilePath({ level, index, width }: Tile): string {
  const parts: string[] = [];
  let rest = index;
  do {
    parts.unshift(String(rest % 1000).padStart(3, '0'));
    rest = Math.floor(rest / 1000);
  } while (rest > 0);
  const path = parts.map((part, at) => (at < parts.length - 1 ? `x${part}` : part)).join('/');
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** How many hashes the tree of that size has at a level: those of full subtrees alone, but for leaves. */
export function hashesAtLevel(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/**
 * The tiles of a level, from the one that holds hash number `from` to the right edge of a tree of `size` leaves. One by one,
 * because a checkpoint can claim any size.
 */
export function* tilesFrom(level: TileLevel, from: number, size: number): Generator<Tile, void> {
  const total = hashesAtLevel(size, level === 'entries' ? 0 : level);
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < total; index++) {
    yield { level, index, width: Math.min(TILE_WIDTH, total - index * TILE_WIDTH) };
  }
}
