// The tree, the proofs and the signed checkpoint that Go's golang.org/x/mod/sumdb makes of 700 leaves, byte for byte. The vectors
// are what `tests/conformance/sumdb/main.go vectors` printed (golang.org/x/mod 0.7.0).
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { utf8 } from './bytes.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { hashLeaves, leafHash, rowRoot, webSha256 } from './merkle-hash.ts';
import { noteSigner, noteVerifier } from './note.ts';
import { consistencyProof, inclusionProof } from './proof.ts';
import { type HashRange, rootAt } from './range-root.ts';
import vectors from './sumdb.vectors.json' with { type: 'json' };
import { verifyConsistency, verifyInclusion } from './verify.ts';

const SIZE = 700;
const leaves = Array.from({ length: SIZE }, (_, index) => utf8(`leaf ${index}`));
const level0 = await hashLeaves(leaves, webSha256);
const level1 = await Promise.all(
  [0, 256].map((start) => rowRoot(level0.slice(start, start + 256), webSha256)),
);
const hashes: HashRange = (level, from, to) => (level === 0 ? level0 : level1).slice(from, to);

const rootOf = (size: number): Uint8Array => {
  const root = decodeBase64(Object.entries(vectors.roots).find(([name]) => name === String(size))?.[1] ?? '');
  if (!root) throw new Error(`no root of ${size}`);
  return root;
};
const decoded = (list: readonly string[]) => list.map((text) => decodeBase64(text) ?? new Uint8Array());

describe('what Go makes of the same leaves', () => {
  it.each(Object.keys(vectors.roots))('is the same root of %s', async (size) => {
    expect(await rootAt(Number(size), hashes, webSha256)).toStrictEqual(rootOf(Number(size)));
  });

  it.each(vectors.records)('is the same path of leaf $first in $size, which verifies', async (record) => {
    const { first: index, size } = record;
    const path = await inclusionProof({ index, size }, hashes);
    expect(path.map(encodeBase64)).toStrictEqual(record.hashes);
    const hash = await leafHash(leaves[index] ?? utf8(''));
    const claim = { index, size, leafHash: hash, proof: decoded(record.hashes) };
    const root = await rootAt(size, hashes, webSha256);
    expect(await verifyInclusion({ ...claim, root })).toBe(true);
  });

  it.each(vectors.trees)('is the same proof from $first to $size, which verifies', async (tree) => {
    const sizes = { size1: tree.first, size2: tree.size };
    expect((await consistencyProof(sizes, hashes)).map(encodeBase64)).toStrictEqual(tree.hashes);
    const [root1, root2] = [rootOf(tree.first), rootOf(tree.size)];
    expect(await verifyConsistency({ ...sizes, proof: decoded(tree.hashes), root1, root2 })).toBe(true);
  });

  it('is the same verifier key and the same signed checkpoint', async () => {
    const [name = ''] = vectors.verifierKey.split('+');
    const signer = await noteSigner(name, new Uint8Array(32).fill(7));
    expect(signer.verifierKey).toBe(vectors.verifierKey);
    expect(await signCheckpoint(700n, rootOf(700), signer)).toStrictEqual(utf8(vectors.checkpoint));
    const opened = await openCheckpoint(utf8(vectors.checkpoint), await noteVerifier(vectors.verifierKey));
    expect(opened).toStrictEqual({ origin: name, size: 700n, root: rootOf(700) });
  });
});
