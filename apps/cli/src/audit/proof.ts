// Verifies proofs that somebody was given of single events, offline: a file with one JSON object a line, as `audit.proof` answers
// it or as a patient downloads their access log. The key must come from elsewhere: the one beside a proof proves nothing.
import { readFile } from 'node:fs/promises';
import { noteVerifier, verifyTlogProof } from '@salus/audit/log';
import * as z from 'zod';
import { NOT_A_POLICY, UnreachableError, UsageError } from '../errors.ts';
import { done } from '../terminal/style.ts';

export interface ProofRequest {
  readonly file: string;
  /** Of one log or of several. */
  readonly keys: readonly string[];
  readonly witnesses?: readonly string[] | undefined;
  readonly quorum?: number | undefined;
  readonly json?: boolean | undefined;
}

export interface ProofReport {
  /** Every line has a proof, and every proof holds. */
  readonly ok: boolean;
  readonly report: string;
}

const proof = z.object({ leaf: z.string(), proof: z.string() });
const line = z.union([proof, z.object({ proof: proof.nullable() }).transform((of) => of.proof)]);

const NOT_A_KEY = 'not a verifier key';

/** What is wrong with what was asked, and with no proof. */
const NOT_UNDERSTOOD = {
  verifier_key_malformed: NOT_A_KEY,
  witness_policy_malformed: NOT_A_POLICY,
} as const;

interface Outcome {
  /** From 1. */
  readonly line: number;
  readonly ok: boolean;
  readonly index?: string;
  readonly fault?: string;
}

/** @throws UsageError, UnreachableError */
export async function verifyProofs(given: ProofRequest): Promise<ProofReport> {
  const keys = given.keys.map((key) => key.trim());
  const request = { ...given, keys };
  const lines = (await textOf(request.file)).split('\n').filter((text) => text.trim() !== '');
  if (lines.length === 0) throw new UsageError('there is no proof in the file');
  await Promise.all(keys.map(noteVerifier)).catch(() => {
    throw new UsageError(NOT_A_KEY);
  });
  const outcomes: Outcome[] = [];
  for (const [at, text] of lines.entries())
    outcomes.push({ line: at + 1, ...(await outcomeOf(text, request)) });
  const failed = outcomes.filter(({ ok }) => !ok);
  for (const [fault, sentence] of Object.entries(NOT_UNDERSTOOD)) {
    if (failed.some((outcome) => outcome.fault === fault)) throw new UsageError(sentence);
  }
  const ok = failed.length === 0;
  if (request.json) return { ok, report: JSON.stringify({ ok, proofs: outcomes }) };
  const sentences = failed.map(({ line, fault }) => `line ${line}: ${fault?.replaceAll('_', ' ')}`);
  return {
    ok,
    report: ok
      ? done(lines.length === 1 ? 'the event is in the log' : `all ${lines.length} events are in the log`)
      : sentences.join('\n'),
  };
}

async function outcomeOf(text: string, request: ProofRequest): Promise<Omit<Outcome, 'line'>> {
  const given = proofIn(text);
  if (!given) return { ok: false, fault: given === null ? 'not_published_yet' : 'proof_malformed' };
  const encoder = new TextEncoder();
  let fault: string | undefined;
  // A list can be of several years: each proof is of one log, and holds by the keys of that log alone.
  for (const verifierKey of Map.groupBy(request.keys, (key) => key.split('+')[0]).values()) {
    const verdict = await verifyTlogProof({
      proof: encoder.encode(given.proof),
      entry: encoder.encode(given.leaf),
      verifierKey,
      ...(request.witnesses && { witnesses: request.witnesses }),
      ...(request.quorum !== undefined && { quorum: request.quorum }),
    });
    if (verdict.ok) return { ok: true, index: String(verdict.index) };
    // What the log says of the proof, and not that another log knows nothing of it.
    if (fault === undefined || verdict.fault !== 'note_unsigned') fault = verdict.fault;
  }
  return { ok: false, fault: fault ?? 'note_unsigned' };
}

/** Null where the line says that there is no proof yet, undefined where it says nothing that we know. */
function proofIn(text: string): z.output<typeof proof> | null | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new UnreachableError('the file with the proofs cannot be read');
  }
}
