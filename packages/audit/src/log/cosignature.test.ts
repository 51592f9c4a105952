import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { joinBytes, utf8 } from './bytes.ts';
import {
  cosignaturesOf,
  cosignatureVerifier,
  cosigner,
  requireQuorum,
  witnessPolicy,
} from './cosignature.ts';
import { ed25519Verify } from './ed25519.ts';
import { formatNote, noteSigner, parseNote, signatureLineOf } from './note.ts';
import { formatVerifierKey, parseVerifierKey, SIGNATURE_TYPE } from './verifier-key.ts';

const NAME = 'witness.example/w1';
const witness = await cosigner(NAME, new Uint8Array(32).fill(21));
const other = await cosigner('witness.example/w2', new Uint8Array(32).fill(22));
const log = await noteSigner('example.com/behind-the-sofa', new Uint8Array(32).fill(1));
const verifier = await cosignatureVerifier(witness.verifierKey);
/** The checkpoint of c2sp.org/tlog-cosignature. */
const TEXT = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const TIME = 1_679_315_147n;

const noteWith = async (...lines: readonly string[]) =>
  parseNote(formatNote(TEXT, [await signatureLineOf(TEXT, log), ...lines]));

function altered(line: string, change: (bytes: Uint8Array) => void): string {
  const base64 = line.split(' ').at(-1) ?? '';
  const bytes = decodeBase64(base64) ?? new Uint8Array();
  change(bytes);
  return line.replace(base64, encodeBase64(bytes));
}

describe('a cosignature', () => {
  it('is an Ed25519 signature of two lines and the text, after the time in eight bytes', async () => {
    const line = await witness.cosign(TEXT, TIME);
    const bytes = decodeBase64(line.split(' ').at(-1) ?? '') ?? new Uint8Array();
    const key = await parseVerifierKey(witness.verifierKey, SIGNATURE_TYPE.cosignature);
    expect(line.startsWith(`— ${NAME} `)).toBe(true);
    expect(bytes).toHaveLength(4 + 8 + 64);
    expect(bytes.subarray(0, 4)).toStrictEqual(key.keyId);
    expect([...bytes.subarray(4, 12)]).toStrictEqual([0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb]); // 0x641850cb = TIME
    const verify = await ed25519Verify(key.publicKey);
    const signed = utf8(`cosignature/v1\ntime 1679315147\n${TEXT}`);
    expect(await verify(signed, bytes.subarray(12))).toBe(true);
  });

  it('says who saw the checkpoint, and when; lines of others are passed over', async () => {
    const lines = [await other.cosign(TEXT, TIME), await witness.cosign(TEXT, TIME)];
    const note = await noteWith(...lines);
    expect(await cosignaturesOf(note, [verifier])).toStrictEqual([
      { name: NAME, timestamp: TIME, line: lines[1] },
    ]);
    expect(await cosignaturesOf(await noteWith(), [verifier])).toStrictEqual([]);
  });

  it('counts once for a witness, by its latest time', async () => {
    const note = await noteWith(await witness.cosign(TEXT, TIME), await witness.cosign(TEXT, TIME - 5n));
    expect(await cosignaturesOf(note, [verifier])).toMatchObject([{ timestamp: TIME }]);
  });

  it('is of its text and of its time, and a note with one that is neither is rejected', async () => {
    const line = await witness.cosign(TEXT, TIME);
    const invalid = [
      await witness.cosign(TEXT.replace('63', '64'), TIME),
      altered(line, (bytes) => bytes.set([1], 11)),
      altered(line, (bytes) => bytes.set([1], 40)),
      // Past 2^63 - 1, and no time at all.
      await witness.cosign(TEXT, 2n ** 63n),
      await witness.cosign(TEXT, 0n),
      // Shorter than a time.
      `— ${NAME} ${encodeBase64(joinBytes([verifier.keyId, new Uint8Array(5)]))}`,
    ];
    for (const forged of invalid) {
      const note = await noteWith(line, forged);
      await expect(cosignaturesOf(note, [verifier])).rejects.toMatchObject({
        code: 'note_signature_invalid',
      });
    }
  });

  it('is none where the same key has signed the text as a log does', async () => {
    const asLog = await noteSigner(NAME, new Uint8Array(32).fill(21));
    expect(asLog.verifierKey).not.toBe(witness.verifierKey);
    expect(
      await cosignaturesOf(await noteWith(await signatureLineOf(TEXT, asLog)), [verifier]),
    ).toStrictEqual([]);
    const key = await parseVerifierKey(witness.verifierKey, SIGNATURE_TYPE.cosignature);
    // The second has the id of a witness's key.
    for (const text of [asLog.verifierKey, formatVerifierKey(key, SIGNATURE_TYPE.note)]) {
      await expect(cosignatureVerifier(text)).rejects.toMatchObject({ code: 'verifier_key_malformed' });
    }
  });
});

describe('a policy of k of n', () => {
  const keys = [witness.verifierKey, other.verifierKey];

  it('asks for all, unless it says how many', async () => {
    const one = await noteWith(await other.cosign(TEXT, TIME));
    await expect(requireQuorum(one, await witnessPolicy(keys))).rejects.toMatchObject({
      code: 'quorum_not_met',
    });
    expect(await requireQuorum(one, await witnessPolicy(keys, 1))).toHaveLength(1);
    const both = await noteWith(await other.cosign(TEXT, TIME), await witness.cosign(TEXT, TIME));
    expect(await requireQuorum(both, await witnessPolicy(keys))).toHaveLength(2);
  });

  it('does not count a witness twice, though it signs twice or is named twice', async () => {
    const twice = await noteWith(await other.cosign(TEXT, TIME), await other.cosign(TEXT, TIME + 1n));
    await expect(requireQuorum(twice, await witnessPolicy(keys, 2))).rejects.toMatchObject({
      code: 'quorum_not_met',
    });
    const namesake = await cosigner('another.example', new Uint8Array(32).fill(21));
    for (const list of [
      [witness.verifierKey, witness.verifierKey],
      [witness.verifierKey, namesake.verifierKey],
    ]) {
      await expect(witnessPolicy(list)).rejects.toMatchObject({ code: 'witness_policy_malformed' });
    }
  });

  it.each([-1, 3, 0.5, Number.NaN])('asks for no %d of two', async (quorum) => {
    await expect(witnessPolicy(keys, quorum)).rejects.toMatchObject({ code: 'witness_policy_malformed' });
  });
});
