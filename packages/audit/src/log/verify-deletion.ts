// Verifies that a log which is not there any more was deleted lawfully: its final checkpoint and its certificate are signed
// by its key and agree, and the retention of its calendar year had ended when that was decided. What its entries were can no
// longer be checked; that nobody used a certificate to hide a younger log can.
import { sameBytes } from './bytes.ts';
import { type Checkpoint, openCheckpoint, openTrusted, type TrustOptions, trustOf } from './checkpoint.ts';
import {
  DELETION_CERTIFICATE,
  type DeletionCertificate,
  openDeletionCertificate,
  RETENTION_YEARS,
} from './deletion-certificate.ts';
import { LogError, type LogErrorCode } from './errors.ts';
import type { NoteVerifier } from './note.ts';
import type { ReadFile } from './proof.ts';

export type DeletionFault =
  | LogErrorCode
  /** There is no certificate: the log was not deleted, or not by its rules. */
  | 'certificate_missing'
  /** The certificate is of another size or root than the final checkpoint. */
  | 'certificate_mismatch'
  /** When it says that it was decided, the year had still to be kept; or that is yet to come. */
  | 'certificate_early'
  /** The log was shorter when it was deleted than an earlier checkpoint says. */
  | 'log_truncated'
  /** The log was as long as an earlier checkpoint says, and another one. */
  | 'log_inconsistent';

export type DeletionVerdict =
  | { readonly deleted: true; readonly checkpoint: Checkpoint; readonly certificate: DeletionCertificate }
  | { readonly deleted: false; readonly fault: DeletionFault; readonly path: string };

export interface VerifyDeletionOptions extends TrustOptions {
  /** A file of the log, by its path below the prefix; null when there is none. */
  readonly read: ReadFile;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** A signed checkpoint of the same log that was seen before. One of fewer entries can no longer be compared. */
  readonly earlier?: Uint8Array;
}

/** How far the clock of whoever signed may be ahead of the verifier's, in milliseconds. */
const CLOCK_SKEW = 24 * 60 * 60 * 1_000;

class Fault extends Error {
  readonly fault: DeletionFault;
  readonly path: string;
  constructor(fault: DeletionFault, path: string) {
    super(fault);
    this.fault = fault;
    this.path = path;
  }
}

/** @throws what `read` throws, and nothing else */
export async function verifyDeletion(options: VerifyDeletionOptions): Promise<DeletionVerdict> {
  try {
    return { deleted: true, ...(await verified(options)) };
  } catch (error) {
    if (error instanceof Fault) return { deleted: false, fault: error.fault, path: error.path };
    throw error;
  }
}

async function verified({ read, now, earlier, ...trusted }: VerifyDeletionOptions) {
  const trust = await opened('checkpoint', () => trustOf(trusted));
  const { verifiers } = trust;
  const certificate = await certificateIn(read, verifiers);
  const note = await read('checkpoint');
  if (note === null) throw new Fault('checkpoint_missing', 'checkpoint');
  const { checkpoint } = await opened('checkpoint', () => openTrusted(note, trust));
  if (BigInt(certificate.size) !== checkpoint.size || !sameBytes(certificate.root, checkpoint.root)) {
    throw new Fault('certificate_mismatch', DELETION_CERTIFICATE);
  }
  const decided = Date.parse(certificate.decidedAt);
  if (!(decided >= endOfRetention(certificate)) || decided > now + CLOCK_SKEW) {
    throw new Fault('certificate_early', DELETION_CERTIFICATE);
  }
  if (earlier) compare(checkpoint, await opened('earlier', () => openCheckpoint(earlier, ...verifiers)));
  return { checkpoint, certificate };
}

async function certificateIn(
  read: ReadFile,
  verifiers: readonly NoteVerifier[],
): Promise<DeletionCertificate> {
  const note = await read(DELETION_CERTIFICATE);
  if (note === null) throw new Fault('certificate_missing', DELETION_CERTIFICATE);
  return opened(DELETION_CERTIFICATE, () => openDeletionCertificate(note, ...verifiers));
}

/** The first moment at which no event of the log's year is younger than the rule asks. NaN when its origin names no year. */
function endOfRetention({ origin, rule }: DeletionCertificate): number {
  const [, year] = /\/(\d{4})$/.exec(origin) ?? [];
  return Date.UTC(Number(year) + 1 + Math.max(rule.years, RETENTION_YEARS), 0);
}

function compare(final: Checkpoint, earlier: Checkpoint): void {
  if (earlier.size > final.size) throw new Fault('log_truncated', 'checkpoint');
  if (earlier.size === final.size && !sameBytes(earlier.root, final.root)) {
    throw new Fault('log_inconsistent', 'checkpoint');
  }
}

async function opened<T>(path: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof LogError) throw new Fault(error.code, path);
    throw error;
  }
}
