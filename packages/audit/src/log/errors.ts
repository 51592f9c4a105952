// What can be wrong with a log, its objects or its signatures. Each error has a stable code; no message holds a value.

export type LogErrorCode =
  /** The text is not a signed note (c2sp.org/signed-note). */
  | 'note_malformed'
  /** No signature is by a key that the verifier trusts. */
  | 'note_unsigned'
  /** A signature by a trusted key does not verify: the note is rejected as a whole. */
  | 'note_signature_invalid'
  /** The text is not an Ed25519 verifier key of the type that is asked for, or its key id is not that of its key. */
  | 'verifier_key_malformed'
  /** A signing seed is not 32 bytes, or a key name has a space or a plus. */
  | 'signing_key_malformed'
  /** A witness stands in a policy twice, or more cosignatures are asked for than there are witnesses. */
  | 'witness_policy_malformed'
  /** Fewer of the known witnesses have cosigned the checkpoint than must have. */
  | 'quorum_not_met'
  /** The note text is not a checkpoint (c2sp.org/tlog-checkpoint). */
  | 'checkpoint_malformed'
  /** The checkpoint is of another log. */
  | 'checkpoint_origin'
  /** The log has no checkpoint. */
  | 'checkpoint_missing'
  /** Another checkpoint was published while this one was made. Publishing again looks at it first. */
  | 'checkpoint_moved'
  /** An entry is over 65,535 bytes. */
  | 'entry_too_large'
  /** The bytes are not an entry bundle, or hold another number of entries than they should. */
  | 'bundle_malformed'
  /** A tile has another length than it should. */
  | 'tile_malformed'
  /** The hashes of tiles do not lead to the root of the checkpoint. */
  | 'tile_contradicted'
  /** A tile that the checkpoint requires is not there. */
  | 'tile_missing'
  /** The note text is not a deletion certificate. */
  | 'certificate_malformed'
  /** The deletion certificate is of another log. */
  | 'certificate_origin'
  /** The log takes no new entry: its retention has ended. */
  | 'log_closed'
  /** The text is not a proof (c2sp.org/tlog-proof). */
  | 'proof_malformed'
  /** The store shows a checkpoint that the ledger did not make: signing on would fork the log. */
  | 'log_forked'
  /** The published checkpoint speaks of more entries than the ledger holds: the ledger was rolled back or emptied. */
  | 'log_rolled_back'
  /** The ledger lacks an entry that it must hold. */
  | 'ledger_damaged';

const MESSAGES: Record<LogErrorCode, string> = {
  note_malformed: 'not a signed note',
  note_unsigned: 'the note is signed by no trusted key',
  note_signature_invalid: 'a trusted key is named in a signature that does not verify',
  verifier_key_malformed: 'not an Ed25519 verifier key',
  signing_key_malformed: 'not an Ed25519 seed with a valid key name',
  witness_policy_malformed: 'not a policy of k of n witnesses',
  quorum_not_met: 'too few witnesses have cosigned the checkpoint',
  checkpoint_malformed: 'not a checkpoint',
  checkpoint_origin: 'the checkpoint is of another log',
  checkpoint_missing: 'the log has no checkpoint',
  checkpoint_moved: 'another checkpoint was published meanwhile',
  entry_too_large: 'an entry is over 65,535 bytes',
  bundle_malformed: 'not an entry bundle of the expected width',
  tile_malformed: 'not a tile of this tree',
  tile_contradicted: 'tiles do not lead to the root of the checkpoint',
  tile_missing: 'a tile of this tree is missing',
  certificate_malformed: 'not a deletion certificate',
  certificate_origin: 'the deletion certificate is of another log',
  log_closed: 'the retention of the log has ended, and it takes no new entry',
  proof_malformed: 'not a proof',
  log_forked: 'the published checkpoint is not one of this ledger',
  log_rolled_back: 'the published checkpoint is of more entries than the ledger holds',
  ledger_damaged: 'the ledger lacks an entry',
};

/** Everything this folder throws, apart from what a store throws. The `verify…` functions throw nothing. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode) {
    super(MESSAGES[code]);
    this.code = code;
  }
}
