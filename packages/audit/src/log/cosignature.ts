// Cosignatures (c2sp.org/tlog-cosignature, Ed25519): a witness says that it saw a checkpoint at a time, and that this was then
// the largest consistent tree of the log that it knew. Enough of them, and nobody was shown another log.
import { encodeBase64 } from './base64.ts';
import { type Bytes, joinBytes, sameBytes, utf8 } from './bytes.ts';
import { ed25519Signer, ed25519Verify } from './ed25519.ts';
import { LogError } from './errors.ts';
import { type Note, signaturesBy } from './note.ts';
import {
  formatVerifierKey,
  isKeyName,
  keyIdOf,
  parseVerifierKey,
  SIGNATURE_TYPE,
  type VerifierKey,
} from './verifier-key.ts';

export interface Cosignature {
  /** The witness. */
  readonly name: string;
  /** When it saw the checkpoint, in seconds since 1970. */
  readonly timestamp: bigint;
  /** The line of signature, without its newline. */
  readonly line: string;
}

export interface CosignatureVerifier extends VerifierKey {
  /** When the witness signed the text of a checkpoint; undefined when it did not. */
  verify(text: string, signature: Uint8Array): Promise<bigint | undefined>;
}

export interface Cosigner {
  readonly name: string;
  readonly verifierKey: string;
  /** The line of signature of a checkpoint's text, without its newline. @param timestamp seconds since 1970 */
  cosign(text: string, timestamp: bigint): Promise<string>;
}

const TIMESTAMP_LENGTH = 8;
const LARGEST_TIMESTAMP = 2n ** 63n - 1n;

/** @throws LogError `verifier_key_malformed` when it is not a cosigner's key, type 0x04 */
export async function cosignatureVerifier(verifierKey: string): Promise<CosignatureVerifier> {
  const key = await parseVerifierKey(verifierKey, SIGNATURE_TYPE.cosignature);
  const verify = await ed25519Verify(key.publicKey);
  return {
    ...key,
    async verify(text, timestamped) {
      if (timestamped.length < TIMESTAMP_LENGTH) return undefined;
      const { buffer, byteOffset } = timestamped;
      const timestamp = new DataView(buffer, byteOffset).getBigUint64(0);
      // Zero says that no time was stated: an Ed25519 cosignature always states one.
      if (timestamp === 0n || timestamp > LARGEST_TIMESTAMP) return undefined;
      const holds = await verify(signedMessage(text, timestamp), timestamped.subarray(TIMESTAMP_LENGTH));
      return holds ? timestamp : undefined;
    },
  };
}

/**
 * A key that cosigns, for whoever runs a witness.
 * @param seed 32 bytes, of no other key: the message does not say whose signature it carries
 * @throws LogError `signing_key_malformed`
 */
export async function cosigner(name: string, seed: Uint8Array): Promise<Cosigner> {
  if (!isKeyName(name)) throw new LogError('signing_key_malformed');
  const { publicKey, sign } = await ed25519Signer(seed);
  const keyId = await keyIdOf(name, SIGNATURE_TYPE.cosignature, publicKey);
  return {
    name,
    verifierKey: formatVerifierKey({ name, keyId, publicKey }, SIGNATURE_TYPE.cosignature),
    async cosign(text, timestamp) {
      const time = new Uint8Array(TIMESTAMP_LENGTH);
      new DataView(time.buffer).setBigUint64(0, timestamp);
      const signature = joinBytes([keyId, time, await sign(signedMessage(text, timestamp))]);
      return `\u2014 ${name} ${encodeBase64(signature)}`;
    },
  };
}

/**
 * The cosignatures of a note by the witnesses given: of each its latest, whatever other lines there are.
 * @throws LogError `note_signature_invalid` when a line claims to be by one of them and is not
 */
export async function cosignaturesOf(
  note: Note,
  witnesses: readonly CosignatureVerifier[],
): Promise<Cosignature[]> {
  const found: Cosignature[] = [];
  for (const witness of witnesses) {
    let latest: Cosignature | undefined;
    for (const { line, signature } of signaturesBy(witness, note)) {
      const timestamp = await witness.verify(note.text, signature);
      if (timestamp === undefined) throw new LogError('note_signature_invalid');
      if (latest === undefined || timestamp > latest.timestamp) {
        latest = { name: witness.name, timestamp, line };
      }
    }
    if (latest) found.push(latest);
  }
  return found;
}

export interface WitnessPolicy {
  readonly witnesses: readonly CosignatureVerifier[];
  /** How many of them must have cosigned. */
  readonly quorum: number;
}

/**
 * k of n: a checkpoint counts when `quorum` of the witnesses have cosigned it. All of them when no number is given.
 * @throws LogError `verifier_key_malformed`; `witness_policy_malformed` when a key stands there twice, or more cosignatures
 * are asked for than there are witnesses
 */
export async function witnessPolicy(
  verifierKeys: readonly string[] = [],
  quorum: number = verifierKeys.length,
): Promise<WitnessPolicy> {
  const witnesses = await Promise.all(verifierKeys.map(cosignatureVerifier));
  // The signed message does not name the witness: one key under two names would count twice.
  const isTwice = witnesses.some(({ publicKey }, at) =>
    witnesses.slice(0, at).some((other) => sameBytes(publicKey, other.publicKey)),
  );
  const isPossible = Number.isInteger(quorum) && quorum >= 0 && quorum <= witnesses.length;
  if (isTwice || !isPossible) throw new LogError('witness_policy_malformed');
  return { witnesses, quorum };
}

/** The cosignatures that count. @throws LogError `quorum_not_met`, `note_signature_invalid` */
export async function requireQuorum(note: Note, policy: WitnessPolicy): Promise<Cosignature[]> {
  const found = await cosignaturesOf(note, policy.witnesses);
  if (found.length < policy.quorum) throw new LogError('quorum_not_met');
  return found;
}

function signedMessage(text: string, timestamp: bigint): Bytes {
  return utf8(`cosignature/v1\ntime ${timestamp}\n${text}`);
}
