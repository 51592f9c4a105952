// Checkpoints (c2sp.org/tlog-checkpoint): the size and the root of a log at one moment, signed by the log.
import { decodeBase64, encodeBase64 } from './base64.ts';
import type { Bytes } from './bytes.ts';
import { LogError } from './errors.ts';
import { HASH_LENGTH } from './merkle-hash.ts';
import { type NoteSigner, type NoteVerifier, openNote, signNote } from './note.ts';

export interface Checkpoint {
  /** Names the log, and is the name of its key. */
  readonly origin: string;
  readonly size: bigint;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

const SIZE = /^(?:0|[1-9]\d{0,18})$/;
const LARGEST_SIZE = 2n ** 63n - 1n;

/** The signed note of a checkpoint of the signer's own log. */
export function signCheckpoint(size: bigint, root: Uint8Array, signer: NoteSigner): Promise<Bytes> {
  return signNote(`${signer.name}\n${size}\n${encodeBase64(root)}\n`, signer);
}

/**
 * Reads a checkpoint that the verifier's log has signed.
 * @throws LogError `note_…`, `checkpoint_malformed`, `checkpoint_origin`
 */
export async function openCheckpoint(note: Uint8Array, verifier: NoteVerifier): Promise<Checkpoint> {
  const checkpoint = parse(await openNote(note, verifier));
  if (checkpoint.origin !== verifier.name) throw new LogError('checkpoint_origin');
  return checkpoint;
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
