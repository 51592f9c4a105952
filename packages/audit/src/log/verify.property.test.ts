import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, nodeHash } from './merkle-hash.ts';
import { TestTree, testTree } from './test-tree.ts';
import { type ConsistencyClaim, type InclusionClaim, verifyConsistency, verifyInclusion } from './verify.ts';

const LARGEST = 40;
const { tree, leaves } = testTree(LARGEST);

async function inclusionClaim(index: number, size: number): Promise<InclusionClaim> {
  return {
    index,
    size,
    leafHash: await leafHash(leaves[index] ?? new Uint8Array()),
    proof: await tree.path(index, size),
    root: await tree.root(size),
  };
}

async function consistencyClaim(size1: number, size2: number): Promise<ConsistencyClaim> {
  return {
    size1,
    size2,
    proof: await tree.consistency(size1, size2),
    root1: await tree.root(size1),
    root2: await tree.root(size2),
  };
}

const aLeaf = fc
  .integer({ min: 1, max: LARGEST })
  .chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));
const twoSizes = fc
  .integer({ min: 1, max: LARGEST })
  .chain((size2) => fc.tuple(fc.integer({ min: 1, max: size2 }), fc.constant(size2)));
const flip = fc.record({ which: fc.nat(), bit: fc.nat(255) });

describe('a proof of inclusion', () => {
  it('holds for every leaf of every tree, and with it the sizes as bigints', async () => {
    for (let size = 1; size <= LARGEST; size++) {
      for (let index = 0; index < size; index++) {
        const claim = await inclusionClaim(index, size);
        expect(await verifyInclusion(claim)).toBe(true);
        expect(await verifyInclusion({ ...claim, index: BigInt(index), size: BigInt(size) })).toBe(true);
      }
    }
  });

  it('holds at no other place and for no other leaf', async () => {
    for (let size = 2; size <= LARGEST; size++) {
      const claim = await inclusionClaim(size >> 1, size);
      for (let other = 0; other <= size; other++) {
        if (other === claim.index) continue;
        expect(await verifyInclusion({ ...claim, index: other })).toBe(false);
        const { leafHash } = await inclusionClaim(other % size, size);
        if (other % size !== claim.index) expect(await verifyInclusion({ ...claim, leafHash })).toBe(false);
      }
    }
  });

  it('holds in no tree of another height', async () => {
    for (const [size, other] of [
      [4, 8],
      [4, 2],
      [1, 2],
      [9, 8],
    ] as const) {
      expect(await verifyInclusion({ ...(await inclusionClaim(0, size)), size: other })).toBe(false);
    }
  });

  it('does not survive a changed bit, a removed, added, swapped or repeated hash', async () => {
    await fc.assert(
      fc.asyncProperty(aLeaf, flip, fc.nat(), async ([index, size], { which, bit }, position) => {
        const claim = await inclusionClaim(index, size);
        const hashes = [claim.leafHash, claim.root, ...claim.proof];
        const changed = hashes.map((hash, at) => (at === which % hashes.length ? flipped(hash, bit) : hash));
        const [leaf = claim.leafHash, root = claim.root, ...proof] = changed;
        expect(await verifyInclusion({ ...claim, leafHash: leaf, root, proof })).toBe(false);
        for (const altered of alterations(claim.proof, position)) {
          expect(await verifyInclusion({ ...claim, proof: altered })).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not pass off an inner node as a leaf', async () => {
    const [first = new Uint8Array(), second = new Uint8Array()] = leaves;
    const children = Uint8Array.from([...(await leafHash(first)), ...(await leafHash(second))]);
    const { proof, root } = await inclusionClaim(0, 4);
    const claim = { index: 0, size: 2, proof: proof.slice(1), root };
    // The node itself is where the claim says. An entry whose hash it would be is what nobody can make.
    expect(await verifyInclusion({ ...claim, leafHash: await tree.root(2) })).toBe(true);
    expect(await verifyInclusion({ ...claim, leafHash: await leafHash(children) })).toBe(false);
  });

  it('works at the largest size of the protocol', async () => {
    const size = 2n ** 63n - 1n;
    const siblings = Array.from({ length: 63 }, (_, at) => new Uint8Array(32).fill(at));
    let root = await leafHash(new Uint8Array());
    for (const sibling of siblings) root = await nodeHash(root, sibling);
    const claim = { index: 0n, size, leafHash: await leafHash(new Uint8Array()), proof: siblings, root };
    expect(await verifyInclusion(claim)).toBe(true);
    expect(await verifyInclusion({ ...claim, index: 1n })).toBe(false);
    expect(await verifyInclusion({ ...claim, size: size + 1n })).toBe(false);
    expect(await verifyInclusion({ ...claim, proof: siblings.slice(1) })).toBe(false);
  });
});

describe('a proof of consistency', () => {
  it('holds for every two trees, one the beginning of the other', async () => {
    for (let size2 = 1; size2 <= LARGEST; size2++) {
      for (let size1 = 1; size1 <= size2; size1++) {
        expect(await verifyConsistency(await consistencyClaim(size1, size2))).toBe(true);
      }
    }
  });

  it('shows nothing of the empty tree but that it is the empty one', async () => {
    const claim = { size1: 0, size2: 7, proof: [], root1: await tree.root(0), root2: await tree.root(7) };
    expect(await verifyConsistency(claim)).toBe(true);
    expect(await verifyConsistency({ ...claim, root1: claim.root2 })).toBe(false);
    expect(await verifyConsistency({ ...claim, proof: [claim.root1] })).toBe(false);
  });

  it('never holds backwards', async () => {
    const claim = await consistencyClaim(5, 9);
    const { size1, size2, root1, root2 } = claim;
    expect(
      await verifyConsistency({ ...claim, size1: size2, size2: size1, root1: root2, root2: root1 }),
    ).toBe(false);
  });

  it('does not survive a changed bit, a removed, added, swapped or repeated hash', async () => {
    await fc.assert(
      fc.asyncProperty(twoSizes, flip, fc.nat(), async ([size1, size2], { which, bit }, position) => {
        const claim = await consistencyClaim(size1, size2);
        const hashes = [claim.root1, claim.root2, ...claim.proof];
        const changed = hashes.map((hash, at) => (at === which % hashes.length ? flipped(hash, bit) : hash));
        const [root1 = claim.root1, root2 = claim.root2, ...proof] = changed;
        expect(await verifyConsistency({ ...claim, root1, root2, proof })).toBe(false);
        for (const altered of alterations(claim.proof, position)) {
          expect(await verifyConsistency({ ...claim, proof: altered })).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not hold for a tree in which one earlier leaf was changed', async () => {
    const claim = await consistencyClaim(13, 29);
    const other = new TestTree(leaves.map((leaf, at) => (at === 7 ? Uint8Array.of(7) : leaf)));
    expect(
      await verifyConsistency({
        ...claim,
        proof: await other.consistency(13, 29),
        root2: await other.root(29),
      }),
    ).toBe(false);
  });
});

describe('whatever is given instead of a claim', () => {
  const anything = fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true });
  const hostile = fc.oneof(
    // A number can be another true claim: the path of leaf 0 is the same in the trees of three and of four.
    anything.filter((value) => typeof value !== 'number' && typeof value !== 'bigint'),
    fc.constant(
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('read');
          },
        },
      ),
    ),
    fc.constantFrom(-1, 0.5, Number.NaN, 2 ** 53, 2n ** 63n, -1n, '3', null, undefined),
    fc.constant(Object.create(Uint8Array.prototype)),
    fc.constant(new Uint8Array(31)),
    fc.constant(Array.from({ length: 70 }, () => new Uint8Array(32))),
    fc.constant(Array(3)),
  );

  it('is false and never throws', async () => {
    const valid = await inclusionClaim(5, 9);
    const consistent = await consistencyClaim(5, 9);
    expect(await verifyInclusion(valid)).toBe(true);
    expect(await verifyConsistency(consistent)).toBe(true);
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        for (const key of Object.keys(valid)) {
          expect(await verifyInclusion({ ...valid, [key]: value })).toBe(false);
        }
        for (const key of Object.keys(consistent)) {
          expect(await verifyConsistency({ ...consistent, [key]: value })).toBe(false);
        }
        // What is no claim at all is outside the types, as it may be outside TypeScript.
        expect(await verifyInclusion(value as never)).toBe(false);
        expect(await verifyConsistency(value as never)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('cannot be changed while it is verified', async () => {
    const claim = await inclusionClaim(5, 9);
    const proof = claim.proof.map((hash) => hash.slice());
    const verdict = verifyInclusion({ ...claim, proof });
    for (const hash of proof) hash.fill(0);
    expect(await verdict).toBe(true);
  });
});

function flipped(hash: Uint8Array, bit: number): Uint8Array {
  const copy = hash.slice();
  const at = bit >> 3;
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/** Other lists than `proof`, which has only different hashes. */
function alterations(proof: readonly Uint8Array[], position: number): Uint8Array[][] {
  const at = position % (proof.length + 1);
  const hash = proof[at] ?? new Uint8Array(32);
  const lists = [proof.toSpliced(at, 0, hash), proof.toSpliced(at, 0, new Uint8Array(32))];
  if (at < proof.length) lists.push(proof.toSpliced(at, 1));
  if (at + 1 < proof.length) lists.push(proof.toSpliced(at, 2, proof[at + 1] ?? hash, hash));
  return lists;
}
