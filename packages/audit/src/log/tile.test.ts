// Names and widths as c2sp.org/tlog-tiles gives them.
import { describe, expect, it } from 'vitest';
import { hashesAtLevel, tilePath, tilesFrom } from './tile.ts';

describe('the path of a tile', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 999, width: 256 }, 'tile/1/999'],
    [{ level: 0, index: 1000, width: 256 }, 'tile/0/x001/000'],
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 0, index: 273, width: 112 }, 'tile/0/273.p/112'],
    [{ level: 'entries', index: 1001, width: 1 }, 'tile/entries/x001/001.p/1'],
  ] as const)('of %o is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
  });
});

describe('the tiles of a tree', () => {
  const widths = (size: number, level: number) => [...tilesFrom(level, 0, size)].map(({ width }) => width);

  it('of 70,000 leaves are those of the specification', () => {
    expect(widths(70_000, 0)).toStrictEqual([...Array(273).fill(256), 112]);
    expect(widths(70_000, 1)).toStrictEqual([256, 17]);
    expect(widths(70_000, 2)).toStrictEqual([1]);
    expect(hashesAtLevel(70_000, 3)).toBe(0);
  });

  it('of 256 leaves are a full one and one above it', () => {
    expect(widths(256, 0)).toStrictEqual([256]);
    expect(widths(256, 1)).toStrictEqual([1]);
  });

  it('of no leaves are none', () => {
    expect(widths(0, 0)).toStrictEqual([]);
  });

  it('can be listed from where an earlier tree ended', () => {
    const paths = (from: number, size: number) => [...tilesFrom('entries', from, size)].map(tilePath);
    expect(paths(255, 257)).toStrictEqual(['tile/entries/000', 'tile/entries/001.p/1']);
    expect(paths(256, 257)).toStrictEqual(['tile/entries/001.p/1']);
  });

  it('come one by one, however many a checkpoint claims', () => {
    expect(tilesFrom(0, 0, 2 ** 52).next().value).toStrictEqual({ level: 0, index: 0, width: 256 });
  });
});
