import { describe, expect, it } from 'vitest';
import type { LogError } from './errors.ts';
import { noteSigner } from './note.ts';
import { publishedFiles } from './test-store.ts';
import { testTree } from './test-tree.ts';
import { tileMemory } from './tile-memory.ts';
import { makeTlogProof, verifyTlogProof } from './tlog-proof.ts';

const SIZE = 1_100;
const signer = await noteSigner('salus.localhost/log/org/2026', new Uint8Array(32).fill(1));
const { verifierKey } = signer;
const { leaves } = testTree(SIZE);
const published = await publishedFiles(leaves, signer);

/** The log's files, and which of them were read. */
function storage() {
  const files = new Map(published);
  const asked: string[] = [];
  const read = async (path: string) => {
    asked.push(path);
    return files.get(path)?.slice() ?? null;
  };
  return { files, asked, read };
}

async function isProved(proof: Uint8Array, index: number): Promise<boolean> {
  const entry = leaves[index] ?? new Uint8Array();
  return (await verifyTlogProof({ proof, entry, verifierKey })).ok;
}

describe('tiles that were read', () => {
  it('are not read again, but for the checkpoint and the leaves of the entry', async () => {
    const { asked, read } = storage();
    const memory = tileMemory()('a log');
    await makeTlogProof({ read, verifierKey, index: 700, memory });
    expect(asked).toHaveLength(4);
    asked.length = 0;
    for (const index of [700, 3, 300]) {
      expect(await isProved(await makeTlogProof({ read, verifierKey, index, memory }), index)).toBe(true);
    }
    // The leaves before the checkpoint: it is known that they are there.
    expect(asked).toEqual([
      'tile/0/002',
      'checkpoint',
      'tile/0/000',
      'checkpoint',
      'tile/0/001',
      'checkpoint',
    ]);
  });

  it('are not asked for ahead where they were not full, or where nothing is known of the log', async () => {
    const { asked, read } = storage();
    const memory = tileMemory()('a log');
    const make = (index: number) => makeTlogProof({ read, verifierKey, index, memory });
    await make(SIZE - 1);
    expect(asked[0]).toBe('checkpoint');
    asked.length = 0;
    await make(SIZE - 1);
    expect(asked).toEqual(['checkpoint']);
    for (const index of [SIZE, -1, 0.5, Number.NaN]) await expect(make(index)).rejects.toThrow(RangeError);
    expect(await isProved(await make(3), 3)).toBe(true);
  });

  it('that cannot be read fail the proof that needs them, and nothing else', async () => {
    const { read } = storage();
    const memory = tileMemory()('a log');
    await makeTlogProof({ read, verifierKey, index: 700, memory });
    const gone = async (path: string) => {
      if (path !== 'checkpoint') throw new Error('storage is down');
      await new Promise((resolve) => setTimeout(resolve, 5));
      return null;
    };
    await expect(makeTlogProof({ read: gone, verifierKey, index: 3, memory })).rejects.toMatchObject({
      code: 'checkpoint_missing',
    });
    expect(await isProved(await makeTlogProof({ read, verifierKey, index: 3, memory }), 3)).toBe(true);
  });

  it('of one log are none of another', async () => {
    const { asked, read } = storage();
    const of = tileMemory();
    await makeTlogProof({ read, verifierKey, index: 700, memory: of('a log') });
    asked.length = 0;
    await makeTlogProof({ read, verifierKey, index: 700, memory: of('another') });
    expect(asked).toHaveLength(4);
    of('another').forget();
    asked.length = 0;
    await makeTlogProof({ read, verifierKey, index: 700, memory: of('a log') });
    expect(asked).toHaveLength(2);
  });

  it('are 256 at most, and those that were used last', async () => {
    const asked: string[] = [];
    const read = tileMemory()('a log').over(async (path) => {
      asked.push(path);
      return new Uint8Array(256 * 32);
    }, 0);
    const path = (index: number) => `tile/1/${String(index).padStart(3, '0')}`;
    for (let index = 0; index <= 256; index += 1) {
      await read(path(index));
      await read(path(0));
    }
    expect(asked).toHaveLength(257);
    await read(path(0));
    await read(path(256));
    expect(asked).toHaveLength(257);
    await read(path(1));
    expect(asked).toHaveLength(258);
  });

  it('are not kept where there was none, because there may be one a moment later', async () => {
    let tile: Uint8Array | null = null;
    const read = tileMemory()('a log').over(async () => tile, 0);
    expect(await read('tile/1/000')).toBeNull();
    tile = new Uint8Array(256 * 32);
    expect(await read('tile/1/000')).toBe(tile);
  });

  it('are not kept where they are none, however large', async () => {
    let file = new Uint8Array(20 * 32);
    const read = tileMemory()('a log').over(async () => file, 0);
    expect(await read('tile/1/000.p/21')).toBe(file);
    file = new Uint8Array(21 * 32);
    expect(await read('tile/1/000.p/21')).toBe(file);
    const tile = file;
    file = new Uint8Array(22 * 32);
    expect(await read('tile/1/000.p/21')).toBe(tile);
  });

  it('are forgotten with what was wrong in them: when a tile is mended, proofs can be made again', async () => {
    const { files, read } = storage();
    const memory = tileMemory()('a log');
    const make = () => makeTlogProof({ read, verifierKey, index: 700, memory });
    const damaged = published.get('tile/1/000.p/4')?.slice() ?? new Uint8Array();
    damaged[0] = (damaged[0] ?? 0) ^ 1;
    files.set('tile/1/000.p/4', damaged);
    await expect(make()).rejects.toMatchObject({ code: 'tile_contradicted' } satisfies Partial<LogError>);
    files.set('tile/1/000.p/4', published.get('tile/1/000.p/4') ?? new Uint8Array());
    expect(await isProved(await make(), 700)).toBe(true);
  });

  it('that have come to be wrong in memory alone do not stand in the way', async () => {
    const { read } = storage();
    const memory = tileMemory()('a log');
    await makeTlogProof({ read, verifierKey, index: 700, memory });
    const kept = await memory.over(read, 700)('tile/1/000.p/4');
    kept?.fill(0);
    expect(await isProved(await makeTlogProof({ read, verifierKey, index: 700, memory }), 700)).toBe(true);
  });
});
