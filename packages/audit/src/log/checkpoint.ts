// Checkpoints (c2sp.org/tlog-checkpoint): the size and the root of a log at one moment, signed by the log.
import { decodeBase64, encodeBase64 } from './base64.ts';
import type { Bytes } from './bytes.ts';
import { type Cosignature, requireQuorum, type WitnessPolicy, witnessPolicy } from './cosignature.ts';
import { LogError } from './errors.ts';
import { HASH_LENGTH } from './merkle-hash.ts';
import { type NoteSigner, type NoteVerifier, noteVerifier, openNote, parseNote, signNote } from './note.ts';

export interface Checkpoint {
  /** Names the log, and is the name of its key. */
  readonly origin: string;
  readonly size: bigint;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

const SIZE = /^(?:0|[1-9]\d{0,18})$/;
const LARGEST_SIZE = 2n ** 63n - 1n;

/** The text of a checkpoint, which the log and its witnesses sign. */
function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** The signed note of a checkpoint of the signer's own log; a log whose key changes signs by the old one and the new one. */
export function signCheckpoint(
  size: bigint,
  root: Uint8Array,
  signer: NoteSigner,
  ...more: readonly NoteSigner[]
): Promise<Bytes> {
  return signNote(checkpointText({ origin: signer.name, size, root }), signer, ...more);
}

/**
 * Reads a checkpoint that the verifiers' log has signed, by one of its keys.
 * @throws LogError `note_…`, `checkpoint_malformed`, `checkpoint_origin`
 */
export async function openCheckpoint(
  note: Uint8Array,
  ...verifiers: readonly NoteVerifier[]
): Promise<Checkpoint> {
  const checkpoint = parse(await openNote(note, ...verifiers));
  if (verifiers.some(({ name }) => name !== checkpoint.origin)) throw new LogError('checkpoint_origin');
  return checkpoint;
}

/** Whom a verifier trusts: the log's keys, of which one must have signed, and witnesses, of whom enough must have cosigned. */
export interface TrustOptions {
  /** Several, when the log has changed its key. */
  readonly verifierKey: string | readonly string[];
  /** Verifier keys of witnesses (type 0x04). */
  readonly witnesses?: readonly string[];
  /** How many of the witnesses must have cosigned: all of them, if nothing else is said. */
  readonly quorum?: number;
}

export interface Trust {
  readonly verifiers: readonly NoteVerifier[];
  readonly policy: WitnessPolicy;
}

/** @throws LogError `verifier_key_malformed`, `witness_policy_malformed` */
export async function trustOf({ verifierKey, witnesses, quorum }: TrustOptions): Promise<Trust> {
  const keys = typeof verifierKey === 'string' ? [verifierKey] : verifierKey;
  return {
    verifiers: await Promise.all(keys.map(noteVerifier)),
    policy: await witnessPolicy(witnesses, quorum),
  };
}

/**
 * Reads a checkpoint that its log has signed and that enough witnesses have cosigned.
 * @throws LogError `note_…`, `checkpoint_…`, `quorum_not_met`
 */
export async function openTrusted(
  note: Uint8Array,
  { verifiers, policy }: Trust,
): Promise<{ readonly checkpoint: Checkpoint; readonly cosignatures: readonly Cosignature[] }> {
  const checkpoint = await openCheckpoint(note, ...verifiers);
  return { checkpoint, cosignatures: await requireQuorum(parseNote(note), policy) };
}

function parse(text: string): Checkpoint {
  const [origin, size, hash, ...extensions] = text.slice(0, -1).split('\n');
  const root = hash === undefined ? undefined : decodeBase64(hash);
  const sound =
    origin &&
    size !== undefined &&
    SIZE.test(size) &&
    root?.length === HASH_LENGTH &&
    !extensions.includes('');
  if (!sound || BigInt(size) > LARGEST_SIZE) throw new LogError('checkpoint_malformed');
  return { origin, size: BigInt(size), root };
}
