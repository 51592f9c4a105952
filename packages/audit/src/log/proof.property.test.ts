import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashLeaves, leafHash, rowRoot, webSha256 } from './merkle-hash.ts';
import { consistencyProof, inclusionProof, tileHashes } from './proof.ts';
import { type HashRange, rootAt } from './range-root.ts';
import { testTree } from './test-tree.ts';
import { hashesAtLevel, TILE_WIDTH, tilePath, tilesFrom } from './tile.ts';
import { verifyConsistency, verifyInclusion } from './verify.ts';

// Past one full tile, and past the second level's first hashes.
const LARGEST = 800;
const { tree, leaves } = testTree(LARGEST);
const levels = await levelsOf(leaves);
const hashes: HashRange = (level, from, to) => (levels[level] ?? []).slice(from, to);

/** Sizes near the edges of tiles more often than others. */
const aSize = fc.oneof(
  fc.integer({ min: 1, max: LARGEST }),
  fc.constantFrom(1, 2, 255, 256, 257, 511, 512, 513, 767, 768, 769),
);
const aLeaf = aSize.chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));
const twoSizes = aSize.chain((size2) => fc.tuple(fc.nat(size2), fc.constant(size2)));

describe('what is computed from tiles', () => {
  it('has the roots of RFC 6962', async () => {
    expect(await rootAt(0, hashes, webSha256)).toStrictEqual(await tree.root(0));
    await fc.assert(
      fc.asyncProperty(aSize, async (size) => {
        expect(await rootAt(size, hashes, webSha256)).toStrictEqual(await tree.root(size));
      }),
      { numRuns: 60 },
    );
  });

  it('has the audit paths of RFC 6962', async () => {
    await fc.assert(
      fc.asyncProperty(aLeaf, async ([index, size]) => {
        expect(await inclusionProof({ index, size }, hashes)).toStrictEqual(await tree.path(index, size));
      }),
      { numRuns: 100 },
    );
  });

  it('has the consistency proofs of RFC 6962', async () => {
    await fc.assert(
      fc.asyncProperty(twoSizes, async ([size1, size2]) => {
        const expected = size1 === 0 ? [] : await tree.consistency(size1, size2);
        expect(await consistencyProof({ size1, size2 }, hashes)).toStrictEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('proves nothing of a leaf or a size that the tree does not have', async () => {
    for (const index of [-1, 5, 6, 0.5, Number.NaN]) {
      await expect(inclusionProof({ index, size: 5 }, hashes)).rejects.toThrow(RangeError);
    }
    for (const size1 of [-1, 6, 0.5]) {
      await expect(consistencyProof({ size1, size2: 5 }, hashes)).rejects.toThrow(RangeError);
    }
  });
});

describe('tile files', () => {
  const size = 700;

  it('are enough to prove every leaf, each being read once', async () => {
    const files = filesOf(size);
    const asked: string[] = [];
    const read = async (path: string) => {
      asked.push(path);
      return files.get(path) ?? null;
    };
    const fromFiles = tileHashes(read, size);
    const root = await tree.root(size);
    for (let index = 0; index < size; index += 37) {
      const proof = await inclusionProof({ index, size }, fromFiles);
      const hash = await leafHash(leaves[index] ?? new Uint8Array());
      expect(await verifyInclusion({ index, size, leafHash: hash, proof, root })).toBe(true);
    }
    for (let size1 = 1; size1 <= size; size1 += 41) {
      const proof = await consistencyProof({ size1, size2: size }, fromFiles);
      const root1 = await tree.root(size1);
      expect(await verifyConsistency({ size1, size2: size, proof, root1, root2: root })).toBe(true);
    }
    expect(asked).toHaveLength(new Set(asked).size);
    expect(asked.toSorted()).toStrictEqual([...files.keys()].toSorted());
  });

  it('are refused when one is missing or of another length', async () => {
    await expect(
      inclusionProof(
        { index: 3, size },
        tileHashes(async () => null, size),
      ),
    ).rejects.toMatchObject({
      code: 'tile_missing',
    });
    const short = tileHashes(async () => new Uint8Array(32), size);
    await expect(inclusionProof({ index: 3, size }, short)).rejects.toMatchObject({ code: 'tile_malformed' });
  });
});

function filesOf(size: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (let level = 0; hashesAtLevel(size, level) > 0; level++) {
    for (const tile of tilesFrom(level, 0, size)) {
      const row = (levels[level] ?? []).slice(tile.index * TILE_WIDTH, tile.index * TILE_WIDTH + tile.width);
      files.set(tilePath(tile), Uint8Array.from(row.flatMap((hash) => [...hash])));
    }
  }
  return files;
}

async function levelsOf(entries: readonly Uint8Array[]): Promise<Uint8Array[][]> {
  const row = await hashLeaves(entries, webSha256);
  const above: Uint8Array[] = [];
  for (let at = 0; at + TILE_WIDTH <= row.length; at += TILE_WIDTH) {
    above.push(await rowRoot(row.slice(at, at + TILE_WIDTH), webSha256));
  }
  return [row, above];
}
