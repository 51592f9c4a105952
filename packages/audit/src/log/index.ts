// A tiled Merkle log (RFC 6962, c2sp.org/tlog-tiles): writing it, and verifying it without trust in who wrote it.
export type { Checkpoint } from './checkpoint.ts';
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
export { type NoteSigner, noteSigner } from './note.ts';
export { type LogFault, type LogVerdict, type VerifyLogOptions, verifyLog } from './verify-log.ts';
