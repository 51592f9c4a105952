// Asking a witness for its cosignature (c2sp.org/tlog-witness, add-checkpoint). What a witness answers is not trusted: its size
// is bounded, no redirect is followed, and nothing of it is kept but a cosignature that verifies.
import { encodeBase64 } from './base64.ts';
import { joinBytes, utf8 } from './bytes.ts';
import { type Cosignature, type CosignatureVerifier, cosignaturesOf } from './cosignature.ts';
import { LogError } from './errors.ts';
import { parseNote, parseSignatureLines } from './note.ts';

export interface Witness {
  readonly key: CosignatureVerifier;
  /** Submission prefix, without the slash at its end. */
  readonly url: string;
}

export interface AddCheckpoint {
  /** Of the latest checkpoint that the witness has cosigned, 0 when that is not known. */
  readonly oldSize: bigint;
  /** Consistency proof from that size; empty from 0. */
  readonly proof: readonly Uint8Array[];
  /** The checkpoint, signed by its log. */
  readonly note: Uint8Array;
}

export type WitnessErrorCode =
  /** 409: the witness has cosigned another size than it was told. */
  | 'witness_size_differs'
  /** 422: the checkpoint does not continue what the witness has cosigned. One of the two views is a fork. */
  | 'witness_saw_another_log'
  /** 403: the witness does not know the key that signed, or the signature does not verify. */
  | 'witness_refused_signature'
  /** 404: the witness does not know the log. */
  | 'witness_knows_no_such_log'
  /** 400 and every other answer of its kind. */
  | 'witness_refused'
  /** 5xx, 429, no connection, or no whole answer in time. */
  | 'witness_unavailable'
  /** The answer is not one of the protocol, or carries no cosignature of this witness on this checkpoint. */
  | 'witness_answer_malformed';

export class WitnessError extends Error {
  override readonly name = 'WitnessError';
  readonly code: WitnessErrorCode;
  /** With `witness_size_differs`: what the witness has cosigned. */
  readonly size: bigint | undefined;

  constructor(code: WitnessErrorCode, size?: bigint) {
    super(code.replaceAll('_', ' '));
    this.code = code;
    this.size = size;
  }
}

export interface WitnessClientOptions {
  readonly fetch: typeof fetch;
  /** For the whole answer, in milliseconds. */
  readonly deadline: number;
}

/** Room for 64 signatures, of which each could be a post-quantum one. */
const ANSWER_AT_MOST = 512 * 1024;
const SIZE = /^(?:0|[1-9]\d{0,18})\n$/;

const CODE_OF_STATUS: Readonly<Record<number, WitnessErrorCode>> = {
  403: 'witness_refused_signature',
  404: 'witness_knows_no_such_log',
  422: 'witness_saw_another_log',
  429: 'witness_unavailable',
};

/** @returns the witness's cosignature of the checkpoint. @throws WitnessError */
export async function addCheckpoint(
  { key, url }: Witness,
  request: AddCheckpoint,
  options: WitnessClientOptions,
): Promise<Cosignature> {
  const { status, body } = await post(`${url}/add-checkpoint`, bodyOf(request), options);
  if (status === 200) return cosignatureIn(body, request.note, key);
  if (status === 409) {
    if (!SIZE.test(body)) throw new WitnessError('witness_answer_malformed');
    throw new WitnessError('witness_size_differs', BigInt(body.trimEnd()));
  }
  throw new WitnessError(
    CODE_OF_STATUS[status] ?? (status >= 500 ? 'witness_unavailable' : 'witness_refused'),
  );
}

function bodyOf({ oldSize, proof, note }: AddCheckpoint): Uint8Array<ArrayBuffer> {
  const lines = [`old ${oldSize}`, ...proof.map(encodeBase64), ''];
  return joinBytes([utf8(`${lines.join('\n')}\n`), note]);
}

async function cosignatureIn(body: string, note: Uint8Array, key: CosignatureVerifier): Promise<Cosignature> {
  try {
    const { text } = parseNote(note);
    const [cosignature] = await cosignaturesOf({ text, signatures: parseSignatureLines(body) }, [key]);
    if (cosignature) return cosignature;
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
  }
  throw new WitnessError('witness_answer_malformed');
}

async function post(
  url: string,
  body: Uint8Array<ArrayBuffer>,
  options: WitnessClientOptions,
): Promise<{ status: number; body: string }> {
  const { fetch, deadline } = options;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      // A redirect is an answer like any other, and no good one: the checkpoint goes where the configuration says.
      redirect: 'manual',
      signal: AbortSignal.timeout(deadline),
    });
    return { status: answer.status, body: await textOf(answer) };
  } catch (error) {
    if (error instanceof WitnessError) throw error;
    throw new WitnessError('witness_unavailable');
  }
}

async function textOf(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  const reader = answer.body?.getReader();
  let text = '';
  let size = 0;
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    size += read.value.length;
    if (size > ANSWER_AT_MOST) {
      await reader?.cancel();
      throw new WitnessError('witness_answer_malformed');
    }
    text += decoder.decode(read.value, { stream: true });
  }
  return text + decoder.decode();
}
