// Trees of any size up to 2^63-1. Nobody can build one, but where all leaves are the same, a tree's root follows from its size
// alone: the recursion of RFC 6962 §2.1, word for word, over sizes instead of leaves. And whatever bytes anybody sends in the
// place of a proof, a note or a cosignature: a verdict, or an error of ours.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosignaturesOf, cosignatureVerifier, cosigner } from './cosignature.ts';
import { LogError } from './errors.ts';
import { leafHash, nodeHash } from './merkle-hash.ts';
import { noteSigner, parseNote, signNote } from './note.ts';
import { verifyTlogProof } from './tlog-proof.ts';
import { verifyConsistency, verifyInclusion } from './verify.ts';

const LARGEST_SIZE = 2n ** 63n - 1n;
const leaf = await leafHash(new Uint8Array([1]));
const roots = new Map<bigint, Promise<Uint8Array>>([[1n, Promise.resolve(leaf)]]);

/** MTH of that many leaves, all the same. */
function root(size: bigint): Promise<Uint8Array> {
  const known = roots.get(size) ?? node(split(size), size - split(size));
  roots.set(size, known);
  return known;
}

async function node(left: bigint, right: bigint): Promise<Uint8Array> {
  return nodeHash(await root(left), await root(right));
}

/** The largest power of two smaller than n. */
function split(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

/** PATH(m, D[n]) */
async function path(m: bigint, n: bigint): Promise<Uint8Array[]> {
  if (n === 1n) return [];
  const k = split(n);
  return m < k ? [...(await path(m, k)), await root(n - k)] : [...(await path(m - k, n - k)), await root(k)];
}

/** SUBPROOF(m, D[n], b) */
async function subproof(m: bigint, n: bigint, isWhole: boolean): Promise<Uint8Array[]> {
  if (m === n) return isWhole ? [] : [await root(m)];
  const k = split(n);
  return m <= k
    ? [...(await subproof(m, k, isWhole)), await root(n - k)]
    : [...(await subproof(m - k, n - k, false)), await root(k)];
}

/** Sizes of every magnitude, and those beside a power of two more often than others. */
const aSize = fc
  .integer({ min: 0, max: 62 })
  .chain((bits) =>
    fc.oneof(
      fc.bigInt(1n << BigInt(bits), (1n << BigInt(bits + 1)) - 1n),
      fc.constantFrom(-1n, 0n, 1n).map((beside) => (1n << BigInt(bits)) + beside),
    ),
  )
  .filter((size) => size > 0n && size <= LARGEST_SIZE);
const aLeaf = aSize.chain((size) => fc.tuple(fc.bigInt(0n, size - 1n), fc.constant(size)));
const twoSizes = aSize.chain((size2) => fc.tuple(fc.bigInt(1n, size2), fc.constant(size2)));

/** Each list that one change makes of a proof. */
function altered(proof: readonly Uint8Array[], at: number): Uint8Array[][] {
  const place = at % (proof.length + 1);
  const strange = new Uint8Array(32).fill(7);
  const lists = [proof.toSpliced(place, 0, strange), [...proof, leaf]];
  if (place < proof.length) lists.push(proof.toSpliced(place, 1), proof.with(place, strange));
  return lists;
}

describe('a tree of any size', () => {
  it('has its leaves where they are, and shows no other proof', async () => {
    await fc.assert(
      fc.asyncProperty(aLeaf, fc.nat(), async ([index, size], at) => {
        const claim = { index, size, leafHash: leaf, proof: await path(index, size), root: await root(size) };
        expect(await verifyInclusion(claim)).toBe(true);
        for (const proof of altered(claim.proof, at)) {
          expect(await verifyInclusion({ ...claim, proof })).toBe(false);
        }
        expect(await verifyInclusion({ ...claim, index: size })).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('begins with every smaller one, and with no other', async () => {
    await fc.assert(
      fc.asyncProperty(twoSizes, fc.nat(), async ([size1, size2], at) => {
        const [root1, root2] = [await root(size1), await root(size2)];
        const claim = { size1, size2, proof: await subproof(size1, size2, true), root1, root2 };
        expect(await verifyConsistency(claim)).toBe(true);
        for (const proof of altered(claim.proof, at)) {
          expect(await verifyConsistency({ ...claim, proof })).toBe(false);
        }
        const strange = new Uint8Array(32).fill(7);
        expect(await verifyConsistency({ ...claim, root1: strange })).toBe(false);
        expect(await verifyConsistency({ ...claim, root2: strange })).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('ends at 2^63-1: the first and the last leaf of that one are there, and it begins with the one before it', async () => {
    const size = LARGEST_SIZE;
    for (const index of [0n, size - 1n]) {
      const claim = { index, size, leafHash: leaf, proof: await path(index, size), root: await root(size) };
      expect(await verifyInclusion(claim)).toBe(true);
      expect(await verifyInclusion({ ...claim, size: size + 1n })).toBe(false);
    }
    const sizes = { size1: size - 1n, size2: size };
    const ends = { root1: await root(size - 1n), root2: await root(size) };
    const proof = await subproof(size - 1n, size, true);
    expect(await verifyConsistency({ ...sizes, ...ends, proof })).toBe(true);
    expect(await verifyConsistency({ ...ends, proof, size1: size, size2: size + 1n })).toBe(false);
  });
});

describe('whatever bytes anybody sends', () => {
  const signing = noteSigner('salus.example/log', new Uint8Array(32).fill(1));
  const witnessing = cosigner('witness.example', new Uint8Array(32).fill(2));
  const lines = fc
    .array(
      fc.constantFrom(
        '',
        'c2sp.org/tlog-proof@v1',
        'index 0',
        'old 5',
        '— a AAAA',
        '5',
        'é',
        '\r',
        'extra AAAA',
      ),
    )
    .map((list) => list.join('\n'));
  const anyText = fc
    .oneof(fc.string({ unit: 'binary' }), lines)
    .map((text) => new TextEncoder().encode(text));
  const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 400 }), anyText);

  it('are no proof, and never an exception', async () => {
    const { verifierKey } = await signing;
    await fc.assert(
      fc.asyncProperty(anyBytes, anyBytes, async (proof, entry) => {
        expect((await verifyTlogProof({ proof, entry, verifierKey })).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('are a note that has all of them, or an error that says what is wrong', () => {
    const written = (bytes: Uint8Array): string => {
      try {
        const { text, signatures } = parseNote(bytes);
        return `${text}\n${signatures.map(({ line }) => `${line}\n`).join('')}`;
      } catch (error) {
        if (!(error instanceof LogError)) throw error;
        return error.code;
      }
    };
    const noted = lines.map((text) => `a log\n\n${text}\n`).map((text) => new TextEncoder().encode(text));
    fc.assert(
      fc.property(fc.oneof(anyBytes, noted), (bytes) => {
        const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
        expect([text, 'note_malformed']).toContain(written(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are no cosignature, though they stand behind a witness’s name and key', async () => {
    const text = 'salus.example/log\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n';
    const key = await cosignatureVerifier((await witnessing).verifierKey);
    const { signatures } = parseNote(await signNote(text, await signing));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (signature) => {
        const forged = { name: key.name, keyId: key.keyId, signature, line: '' };
        await expect(
          cosignaturesOf({ text, signatures: [...signatures, forged] }, [key]),
        ).rejects.toMatchObject({
          code: 'note_signature_invalid',
        });
      }),
      { numRuns: 300 },
    );
  });
});
