// What is left of a log whose retention has ended, beside its final checkpoint: a signed note (c2sp.org/signed-note) by the
// log's own key that says what was deleted, by which rule, and when that was decided. Its first line is no log's origin, so
// that no certificate can be taken for a checkpoint.
import { decodeBase64, encodeBase64 } from './base64.ts';
import type { Bytes } from './bytes.ts';
import { LogError } from './errors.ts';
import { HASH_LENGTH } from './merkle-hash.ts';
import { type NoteSigner, type NoteVerifier, openNote, signNote } from './note.ts';

/** Where it lies, below the log's prefix. */
export const DELETION_CERTIFICATE = 'deletion-certificate';

/** 45 CFR 164.316(b)(2)(i). No rule is shorter. */
export const RETENTION_YEARS = 6;

export interface DeletionCertificate {
  /** Names the log, and ends in its calendar year. */
  readonly origin: string;
  /** Of the final checkpoint. */
  readonly size: number;
  readonly root: Uint8Array;
  /** When its first and its last event were recorded. Times are UTC, as ISO 8601 has them. */
  readonly firstRecordedAt: string;
  readonly lastRecordedAt: string;
  /** For how many years after the calendar year it had to be kept, and who says so. */
  readonly rule: { readonly years: number; readonly basis: string };
  readonly reason: string;
  /** What decided it, when, and the request that its event in the present log has. */
  readonly decidedBy: string;
  readonly decidedAt: string;
  readonly requestId: string;
}

const FIRST_LINE = 'salus.deletion-certificate/v1';
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/** The same certificate always makes the same bytes (Ed25519 is deterministic), so it can be written again. */
export function signDeletionCertificate(
  certificate: DeletionCertificate,
  signer: NoteSigner,
  ...more: readonly NoteSigner[]
): Promise<Bytes> {
  const { origin, size, root, firstRecordedAt, lastRecordedAt, rule, reason, ...decision } = certificate;
  const content = {
    origin,
    size,
    root: encodeBase64(root),
    firstRecordedAt,
    lastRecordedAt,
    rule: { years: rule.years, basis: rule.basis },
    reason,
    decidedBy: decision.decidedBy,
    decidedAt: decision.decidedAt,
    requestId: decision.requestId,
  };
  return signNote(`${FIRST_LINE}\n${JSON.stringify(content)}\n`, signer, ...more);
}

/**
 * Reads a certificate that the verifiers' log has signed, by one of its keys. What it says is as it was signed, and not yet judged.
 * @throws LogError `note_…`, `certificate_malformed`, `certificate_origin`
 */
export async function openDeletionCertificate(
  note: Uint8Array,
  ...verifiers: readonly NoteVerifier[]
): Promise<DeletionCertificate> {
  const certificate = parse(await openNote(note, ...verifiers));
  if (verifiers.some(({ name }) => name !== certificate.origin)) throw new LogError('certificate_origin');
  return certificate;
}

function parse(text: string): DeletionCertificate {
  const [first, json = '', ...rest] = text.slice(0, -1).split('\n');
  const content = first === FIRST_LINE && rest.length === 0 ? objectIn(json) : undefined;
  const certificate = content && certificateOf(content);
  if (!certificate) throw new LogError('certificate_malformed');
  return certificate;
}

type Fields = Readonly<Record<string, unknown>>;

function certificateOf(fields: Fields): DeletionCertificate | undefined {
  const { size, rule } = fields;
  const root = typeof fields.root === 'string' ? decodeBase64(fields.root) : undefined;
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined);
  const time = (name: string) => (TIME.test(text(name) ?? '') ? text(name) : undefined);
  const { years, basis } = isFields(rule) ? rule : {};
  const [origin, reason, decidedBy, requestId] = ['origin', 'reason', 'decidedBy', 'requestId'].map(text);
  const [firstRecordedAt, lastRecordedAt, decidedAt] = ['firstRecordedAt', 'lastRecordedAt', 'decidedAt'].map(
    time,
  );
  if (root?.length !== HASH_LENGTH || !isCount(size) || !isCount(years) || typeof basis !== 'string') return;
  if (!origin || !reason || !decidedBy || !requestId) return;
  if (!firstRecordedAt || !lastRecordedAt || !decidedAt) return;
  return {
    origin,
    size,
    root,
    firstRecordedAt,
    lastRecordedAt,
    rule: { years, basis },
    reason,
    decidedBy,
    decidedAt,
    requestId,
  };
}

function objectIn(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
