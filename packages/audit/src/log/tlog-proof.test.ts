import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinBytes, utf8 } from './bytes.ts';
import { cosigner } from './cosignature.ts';
import { noteSigner, parseNote, verifierKeyOf } from './note.ts';
import { publishedFiles } from './test-store.ts';
import { testTree } from './test-tree.ts';
import { makeTlogProof, verifyTlogProof } from './tlog-proof.ts';

const ORIGIN = 'salus.localhost/log/org/2026';
const SIZE = 300;
const signer = await noteSigner(ORIGIN, new Uint8Array(32).fill(1));
const { verifierKey } = signer;
const { tree, leaves } = testTree(SIZE);
const files = await publishedFiles(leaves, signer);
const inFiles = async (path: string) => files.get(path) ?? null;

const entry = leaves[271] ?? new Uint8Array();
const proof = await makeTlogProof({ read: inFiles, verifierKey, index: 271 });
const text = new TextDecoder().decode(proof);

describe('a proof as a file', () => {
  it('has the form of c2sp.org/tlog-proof, with the checkpoint as it was published', async () => {
    const [header, index, ...rest] = text.split('\n');
    const path = await tree.path(271, SIZE);
    expect([header, index]).toStrictEqual(['c2sp.org/tlog-proof@v1', 'index 271']);
    expect(rest.slice(0, path.length)).toStrictEqual(path.map((hash) => btoa(String.fromCharCode(...hash))));
    const checkpoint = new TextDecoder().decode(files.get('checkpoint'));
    expect(rest.slice(path.length).join('\n')).toBe(`\n${checkpoint}`);
  });

  it('shows every entry of the log, offline', async () => {
    const root = await tree.root(SIZE);
    for (let index = 0; index < SIZE; index += 13) {
      const proof = await makeTlogProof({ read: inFiles, verifierKey, index });
      const verdict = await verifyTlogProof({ proof, verifierKey, entry: leaves[index] ?? new Uint8Array() });
      const checkpoint = { origin: ORIGIN, size: BigInt(SIZE), root };
      expect(verdict).toStrictEqual({ ok: true, index: BigInt(index), checkpoint, cosignatures: [] });
    }
  });

  it('carries the cosignatures of the checkpoint, which whoever verifies may ask for', async () => {
    const witness = await cosigner('witness.example', new Uint8Array(32).fill(9));
    const note = files.get('checkpoint') ?? new Uint8Array();
    const line = await witness.cosign(parseNote(note).text, 1_800_000_000n);
    const read = async (path: string) =>
      path === 'checkpoint' ? joinBytes([note, utf8(`${line}\n`)]) : inFiles(path);
    const cosigned = await makeTlogProof({ read, verifierKey, index: 271 });
    expect(new TextDecoder().decode(cosigned)).toBe(`${text}${line}\n`);
    const witnesses = [witness.verifierKey];
    expect(await verifyTlogProof({ proof: cosigned, verifierKey, witnesses, entry })).toMatchObject({
      ok: true,
      cosignatures: [{ name: 'witness.example', timestamp: 1_800_000_000n }],
    });
    expect(await verifyTlogProof({ proof, verifierKey, witnesses, entry })).toStrictEqual({
      ok: false,
      fault: 'quorum_not_met',
    });
  });

  it('may carry extra data, which is passed over', async () => {
    const extra = utf8(text.replace('index', 'extra AAAA\nindex'));
    expect((await verifyTlogProof({ proof: extra, verifierKey, entry })).ok).toBe(true);
  });

  it('shows no other entry, no other place, and no other log', async () => {
    const other = { ok: false, fault: 'not_included' };
    expect(await verifyTlogProof({ proof, verifierKey, entry: utf8('another') })).toStrictEqual(other);
    const moved = utf8(text.replace('index 271', 'index 270'));
    expect(await verifyTlogProof({ proof: moved, verifierKey, entry })).toStrictEqual(other);
    const otherKey = await verifierKeyOf(ORIGIN, new Uint8Array(32).fill(2));
    expect(await verifyTlogProof({ proof, verifierKey: otherKey, entry })).toStrictEqual({
      ok: false,
      fault: 'note_unsigned',
    });
  });

  it.each([
    ['nothing', ''],
    ['another version', text.replace('@v1', '@v2')],
    ['a leading zero', text.replace('index 271', 'index 0271')],
    ['no index', text.replace('index 271\n', '')],
    ['extra data that is no Base 64', text.replace('index', 'extra A\nindex')],
    ['extra data twice', text.replace('index', 'extra AAAA\nextra AAAA\nindex')],
    ['a path that is no Base 64', text.replace('index 271\n', 'index 271\n!\n')],
    [
      'a path longer than any',
      text.replace('index 271\n', `index 271\n${`${'A'.repeat(43)}=\n`.repeat(65)}`),
    ],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n'))],
  ])('is none with %s', async (_, malformed) => {
    const verdict = await verifyTlogProof({ proof: utf8(malformed), verifierKey, entry });
    expect(verdict).toStrictEqual({ ok: false, fault: 'proof_malformed' });
  });

  it('does not survive a changed bit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(proof.length - 1), fc.nat(7), async (at, bit) => {
        const changed = proof.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect((await verifyTlogProof({ proof: changed, verifierKey, entry })).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('is not made of tiles that say otherwise than the checkpoint', async () => {
    const tiles = [...files.keys()].filter((path) => /^tile\/\d/.test(path));
    expect(tiles.length).toBeGreaterThan(2);
    let refused = 0;
    for (const path of tiles) {
      const tile = files.get(path) ?? new Uint8Array();
      for (let at = 0; at < tile.length; at += 32) {
        const changed = tile.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        const read = async (of: string) => (of === path ? changed : inFiles(of));
        const made = await makeTlogProof({ read, verifierKey, index: 271 }).catch(({ code }) => code);
        if (made instanceof Uint8Array) expect(new TextDecoder().decode(made)).toBe(text);
        else expect([path, at, made]).toEqual([path, at, 'tile_contradicted']);
        refused += made instanceof Uint8Array ? 0 : 1;
      }
    }
    expect(refused).toBeGreaterThan(40); // the leaves of its own tile, and what is beside it above
  });

  it('cannot be made of an entry that is not published, or from a log that is not there', async () => {
    for (const index of [SIZE, -1, 0.5]) {
      await expect(makeTlogProof({ read: inFiles, verifierKey, index })).rejects.toThrow(RangeError);
    }
    const nothing = async () => null;
    await expect(makeTlogProof({ read: nothing, verifierKey, index: 0 })).rejects.toMatchObject({
      code: 'checkpoint_missing',
    });
  });
});
