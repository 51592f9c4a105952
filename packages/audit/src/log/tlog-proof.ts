// Proofs that an entry is in a log, as a file of their own (c2sp.org/tlog-proof): position, audit path and checkpoint, to be
// verified offline with nothing but the verifier keys of the log, and of witnesses where it must have been cosigned.
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Bytes, joinBytes, utf8 } from './bytes.ts';
import { type Checkpoint, openCheckpoint, openTrusted, type TrustOptions, trustOf } from './checkpoint.ts';
import type { Cosignature } from './cosignature.ts';
import { LogError, type LogErrorCode } from './errors.ts';
import { leafHash } from './merkle-hash.ts';
import { inclusionProof, type ReadFile, tileHashes } from './proof.ts';
import type { TileMemory } from './tile-memory.ts';
import { verifyInclusion } from './verify.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
const HEADER_LINES = /^c2sp\.org\/tlog-proof@v1\n(?:extra (\S*)\n)?index (0|[1-9]\d{0,18})\n$/;
const PATH_AT_MOST = 64;

export type ProofVerdict =
  | {
      readonly ok: true;
      readonly index: bigint;
      readonly checkpoint: Checkpoint;
      /** By the witnesses that were named. */
      readonly cosignatures: readonly Cosignature[];
    }
  | { readonly ok: false; readonly fault: LogErrorCode | 'not_included' };

interface MakeProofOptions {
  readonly read: ReadFile;
  readonly verifierKey: TrustOptions['verifierKey'];
  readonly index: number;
  /** Of that log. */
  readonly memory?: TileMemory;
}

/**
 * The proof that the published log has an entry at `index`, with the checkpoint as it stands there, cosignatures and all. It leads
 * from the leaf that the log has there to the root of the checkpoint.
 * @throws LogError `checkpoint_missing`, `note_…`, `checkpoint_…`, `tile_…`; RangeError when it is not published yet
 */
export async function makeTlogProof({ memory, ...options }: MakeProofOptions): Promise<Bytes> {
  if (!memory) return proofFrom(options);
  try {
    const read = memory.over(options.read, options.index);
    return await proofFrom({ ...options, read, memory });
  } catch (error) {
    if (!(error instanceof LogError && error.code.startsWith('tile_'))) throw error;
    // Somebody had damaged a tile, and may have mended it since it was read.
    memory.forget();
    return proofFrom(options);
  }
}

async function proofFrom({ read, verifierKey, index, memory }: MakeProofOptions): Promise<Bytes> {
  const note = await read('checkpoint');
  if (note === null) throw new LogError('checkpoint_missing');
  const { verifiers } = await trustOf({ verifierKey });
  const checkpoint = await openCheckpoint(note, ...verifiers);
  const size = Number(checkpoint.size);
  memory?.grown(size);
  const hashes = tileHashes(read, size);
  const proof = await inclusionProof({ index, size }, hashes);
  const [leaf = new Uint8Array()] = await hashes(0, index, index + 1);
  if (!(await verifyInclusion({ index, size, leafHash: leaf, proof, root: checkpoint.root }))) {
    throw new LogError('tile_contradicted');
  }
  const lines = [HEADER, `index ${index}`, ...proof.map(encodeBase64), ''];
  return joinBytes([utf8(`${lines.join('\n')}\n`), note]);
}

/** Whether the proof shows that the log has the entry. Whatever it is given, it does not throw. */
export async function verifyTlogProof(
  options: TrustOptions & { readonly proof: Uint8Array; readonly entry: Uint8Array },
): Promise<ProofVerdict> {
  try {
    const { index, path, note } = parse(options.proof);
    const { checkpoint, cosignatures } = await openTrusted(note, await trustOf(options));
    const { size, root } = checkpoint;
    const included = await verifyInclusion({
      index,
      size,
      leafHash: await leafHash(options.entry),
      proof: path,
      root,
    });
    return included ? { ok: true, index, checkpoint, cosignatures } : { ok: false, fault: 'not_included' };
  } catch (error) {
    return { ok: false, fault: error instanceof LogError ? error.code : 'proof_malformed' };
  }
}

function parse(proof: Uint8Array): { index: bigint; path: Uint8Array[]; note: Bytes } {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(proof);
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end).split('\n');
  const first = lines.findIndex((line) => line.startsWith('index ')) + 1;
  const [, extra, index] = HEADER_LINES.exec(`${lines.slice(0, first).join('\n')}\n`) ?? [];
  const path = lines.slice(first).map((line) => decodeBase64(line));
  const sound = end >= 0 && index !== undefined && path.length <= PATH_AT_MOST;
  const isDecoded = path.every((hash) => hash !== undefined);
  if (!sound || !isDecoded || decodeBase64(extra ?? '') === undefined) throw new LogError('proof_malformed');
  return { index: BigInt(index), path, note: utf8(text.slice(end + 2)) };
}
