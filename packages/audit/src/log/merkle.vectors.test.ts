// The test tree of the first Certificate Transparency implementation (certificate-transparency, merkle_tree_test.cc), which
// others have taken over: leaves, roots of every size, and proofs.
import { expect, it } from 'vitest';
import { emptyRoot, leafHash, nodeHash } from './merkle-hash.ts';
import { TestTree } from './test-tree.ts';
import { verifyConsistency, verifyInclusion } from './verify.ts';

const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(bytes);

const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
].map(bytes);

const NODES = {
  a: '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  b: '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
  c: '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  d: 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  e: 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
  f: 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  g: 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  h: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  i: '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
} as const;

it.each([
  { index: 0, size: 1, path: '' },
  { index: 0, size: 8, path: 'abc' },
  { index: 5, size: 8, path: 'def' },
  { index: 2, size: 3, path: 'g' },
  { index: 1, size: 5, path: 'hbd' },
])('verifies the inclusion of leaf $index in the tree of $size', async ({ index, size, path }) => {
  const claim = {
    index,
    size,
    leafHash: await leafHash(at(LEAVES, index)),
    proof: nodes(path),
    root: at(ROOTS, size),
  };
  expect(await verifyInclusion(claim)).toBe(true);
  expect(await verifyInclusion({ ...claim, root: at(ROOTS, size - 1) })).toBe(false);
});

it.each([
  { size1: 1, size2: 1, path: '' },
  { size1: 1, size2: 8, path: 'abc' },
  { size1: 6, size2: 8, path: 'ief' },
  { size1: 2, size2: 5, path: 'bd' },
])('verifies the consistency of the trees of $size1 and $size2', async ({ size1, size2, path }) => {
  const claim = { size1, size2, proof: nodes(path), root1: at(ROOTS, size1), root2: at(ROOTS, size2) };
  expect(await verifyConsistency(claim)).toBe(true);
  expect(await verifyConsistency({ ...claim, root1: at(ROOTS, size1 - 1) })).toBe(false);
});

it('hashes leaves and nodes as RFC 6962 does', async () => {
  expect(await emptyRoot()).toStrictEqual(at(ROOTS, 0));
  expect(await leafHash(at(LEAVES, 0))).toStrictEqual(at(ROOTS, 1));
  expect(await nodeHash(await leafHash(at(LEAVES, 0)), await leafHash(at(LEAVES, 1)))).toStrictEqual(
    at(ROOTS, 2),
  );
});

it('is the tree that the other tests compare with', async () => {
  const tree = new TestTree(LEAVES);
  for (const [size, root] of ROOTS.entries()) expect(await tree.root(size)).toStrictEqual(root);
  expect(await tree.path(5, 8)).toStrictEqual(nodes('def'));
  expect(await tree.consistency(6, 8)).toStrictEqual(nodes('ief'));
});

function nodes(names: string): Uint8Array[] {
  return [...names].map((name) => bytes(NODES[name as keyof typeof NODES]));
}

function at(list: readonly Uint8Array[], index: number): Uint8Array {
  const found = list[index];
  if (found === undefined) throw new RangeError(`no item ${index}`);
  return found;
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
