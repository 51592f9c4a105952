// A tiled Merkle log (RFC 6962, c2sp.org/tlog-tiles): writing it, proving from it, and verifying it without trust in who
// wrote it.
export { ENTRY_BYTES_AT_MOST, FILE_BYTES_AT_MOST } from './bundle.ts';
export { type BundleHashes, bundleHasher, type HashBundle } from './bundle-hashes.ts';
export { type Checkpoint, openCheckpoint, type TrustOptions } from './checkpoint.ts';
export {
  type Cosignature,
  type CosignatureVerifier,
  type Cosigner,
  cosignatureVerifier,
  cosigner,
  type WitnessPolicy,
  witnessPolicy,
} from './cosignature.ts';
export {
  DELETION_CERTIFICATE,
  type DeletionCertificate,
  signDeletionCertificate,
} from './deletion-certificate.ts';
export { LogError, type LogErrorCode } from './errors.ts';
export { INSPECTION_START, type Inspection, type InspectionCursor } from './files.ts';
export {
  createLedger,
  type Entry,
  type Ledger,
  type LedgerStore,
  type ObjectStore,
  type Placed,
  type PublishedCheckpoint,
  type StoredEntry,
} from './ledger.ts';
export { HASH_LENGTH } from './merkle-hash.ts';
export { type NoteSigner, type NoteVerifier, noteSigner, noteVerifier, verifierKeyOf } from './note.ts';
export { consistencyProof, inclusionProof, type ReadFile, tileHashes } from './proof.ts';
export type { HashRange } from './range-root.ts';
export { type TileMemory, tileMemory } from './tile-memory.ts';
export { makeTlogProof, type ProofVerdict, verifyTlogProof } from './tlog-proof.ts';
export {
  type DeletionFault,
  type DeletionVerdict,
  type VerifyDeletionOptions,
  verifyDeletion,
} from './verify-deletion.ts';
export {
  type LogFault,
  type LogVerdict,
  PIECES_AT_ONCE,
  type VerifyLogOptions,
  verifyLog,
} from './verify-log.ts';
export { type Witness, WitnessError, type WitnessErrorCode } from './witness-client.ts';
export { type CosigningResult, createWitnesses, type Witnesses } from './witnesses.ts';
