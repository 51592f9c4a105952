// A tiled Merkle log (RFC 6962, c2sp.org/tlog-tiles): writing it, proving from it, and verifying it without trust in who
// wrote it.
export { type Checkpoint, openCheckpoint } from './checkpoint.ts';
export {
  DELETION_CERTIFICATE,
  type DeletionCertificate,
  signDeletionCertificate,
} from './deletion-certificate.ts';
export { LogError, type LogErrorCode } from './errors.ts';
export {
  createLedger,
  type Entry,
  type Ledger,
  type LedgerStore,
  type ObjectStore,
  type Placed,
  type StoredEntry,
} from './ledger.ts';
export { type NoteSigner, type NoteVerifier, noteSigner, noteVerifier, verifierKeyOf } from './note.ts';
export { consistencyProof, inclusionProof, type ReadFile, tileHashes } from './proof.ts';
export type { HashRange } from './range-root.ts';
export { makeTlogProof, type ProofVerdict, verifyTlogProof } from './tlog-proof.ts';
export {
  type DeletionFault,
  type DeletionVerdict,
  type VerifyDeletionOptions,
  verifyDeletion,
} from './verify-deletion.ts';
export { type LogFault, type LogVerdict, type VerifyLogOptions, verifyLog } from './verify-log.ts';
