// Collecting cosignatures of a log's checkpoint from its witnesses, all at once. Whoever is down is left in peace for a while,
// longer each time, and asked again; what a witness knows of the log is remembered to spare a round trip, and forgotten
// without harm.
import type { Cosignature } from './cosignature.ts';
import { cosignaturesOf } from './cosignature.ts';
import { LogError } from './errors.ts';
import { parseNote } from './note.ts';
import {
  addCheckpoint,
  type Witness,
  type WitnessClientOptions,
  WitnessError,
  type WitnessErrorCode,
} from './witness-client.ts';

export interface CosigningRequest {
  /** The checkpoint as it is published, with the cosignatures that it has. */
  readonly note: Uint8Array;
  readonly size: number;
  /** Consistency proof from an earlier size to this one. */
  readonly proofFrom: (oldSize: number) => Promise<readonly Uint8Array[]>;
}

export interface CosigningResult {
  /** New ones. */
  readonly cosignatures: readonly Cosignature[];
  readonly faults: readonly { readonly witness: string; readonly code: WitnessErrorCode }[];
  /** When to ask again those who have not cosigned, in milliseconds since 1970; undefined when all have. */
  readonly retryAt: number | undefined;
}

export interface Witnesses {
  /** Asks whoever has not cosigned this checkpoint, and is not to be left in peace. Never throws for what a witness does. */
  collect(request: CosigningRequest): Promise<CosigningResult>;
}

interface State {
  /** What the witness has cosigned, as far as we know. */
  size: bigint;
  failures: number;
  retryAt: number;
}

const FIRST_PAUSE = 10_000;
const LONGEST_PAUSE = 600_000;

export function createWitnesses(
  witnesses: readonly Witness[],
  options: WitnessClientOptions & { readonly now: () => number },
): Witnesses {
  const states = new Map<Witness, State>(
    witnesses.map((witness) => [witness, { size: 0n, failures: 0, retryAt: 0 }]),
  );

  async function ask(witness: Witness, state: State, request: CosigningRequest): Promise<Cosignature> {
    try {
      return await submit(witness, state.size, request, options);
    } catch (error) {
      if (!(error instanceof WitnessError) || error.size === undefined) throw error;
      state.size = error.size;
      // It has cosigned more than there is: this log was rolled back, or is not the one that the witness knows.
      if (error.size > BigInt(request.size)) throw new WitnessError('witness_saw_another_log');
      return submit(witness, error.size, request, options);
    }
  }

  async function askIfDue(witness: Witness, request: CosigningRequest) {
    const state = states.get(witness);
    if (!state || state.retryAt > options.now()) return undefined;
    try {
      const cosignature = await ask(witness, state, request);
      Object.assign(state, { size: BigInt(request.size), failures: 0, retryAt: 0 });
      return { cosignature };
    } catch (error) {
      if (!(error instanceof WitnessError)) throw error;
      const pause = Math.min(FIRST_PAUSE * 2 ** state.failures, LONGEST_PAUSE);
      state.failures += 1;
      state.retryAt = options.now() + pause;
      return { fault: { witness: witness.key.name, code: error.code } };
    }
  }

  return {
    async collect(request) {
      const missing = await withoutCosignature(witnesses, request.note);
      const outcomes = await Promise.all(missing.map((witness) => askIfDue(witness, request)));
      const left = missing.filter((_, at) => outcomes[at]?.cosignature === undefined);
      return {
        cosignatures: outcomes.flatMap((outcome) => outcome?.cosignature ?? []),
        faults: outcomes.flatMap((outcome) => outcome?.fault ?? []),
        retryAt:
          left.length === 0
            ? undefined
            : Math.min(...left.map((witness) => states.get(witness)?.retryAt ?? 0)),
      };
    },
  };
}

async function submit(
  witness: Witness,
  oldSize: bigint,
  { note, proofFrom, size }: CosigningRequest,
  options: WitnessClientOptions,
): Promise<Cosignature> {
  const known = oldSize <= BigInt(size) ? oldSize : 0n;
  return addCheckpoint(witness, { oldSize: known, proof: await proofFrom(Number(known)), note }, options);
}

async function withoutCosignature(witnesses: readonly Witness[], note: Uint8Array): Promise<Witness[]> {
  const parsed = parseNote(note);
  const missing: Witness[] = [];
  for (const witness of witnesses) {
    if (!(await hasCosigned(witness, parsed))) missing.push(witness);
  }
  return missing;
}

/** A line that claims to be the witness's and is not counts for nothing: it is asked, and its own takes the line's place. */
async function hasCosigned({ key }: Witness, note: ReturnType<typeof parseNote>): Promise<boolean> {
  try {
    return (await cosignaturesOf(note, [key])).length > 0;
  } catch (error) {
    if (error instanceof LogError) return false;
    throw error;
  }
}
