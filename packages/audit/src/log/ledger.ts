// The writer of a log. Its store is the authority: entries are numbered there once and for ever, and everything in the
// object store can be written again from it, byte for byte. Files go out before the checkpoint that needs them, so a crash
// leaves at most files that no checkpoint speaks of yet. A checkpoint that contradicts the ledger stops it: signing on
// would fork the log.
import { ENTRY_BYTES_AT_MOST } from './bundle.ts';
import { sameBytes } from './bytes.ts';
import { type Checkpoint, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { LogError } from './errors.ts';
import { contentOf, filesOf, type Inspection, type InspectionCursor, inspectFiles } from './files.ts';
import { hashLeaves, rowRoot, type Sha256, webSha256 } from './merkle-hash.ts';
import {
  formatNote,
  type Note,
  type NoteSigner,
  type NoteVerifier,
  noteVerifier,
  parseNote,
  parseSignatureLines,
  signatureLineOf,
  signaturesBy,
} from './note.ts';
import { consistencyProof } from './proof.ts';
import { rootAt } from './range-root.ts';
import { hashesAtLevel, TILE_WIDTH, type Tile, tilePath } from './tile.ts';

export interface Entry {
  /** What tells one entry from another: delivered again, it is the same entry. */
  readonly id: string;
  readonly leaf: Uint8Array;
}

export interface StoredEntry extends Entry {
  readonly index: number;
  readonly hash: Uint8Array;
}

/** Where the log is kept. Synchronous, because numbering must not be interrupted. */
export interface LedgerStore {
  /** All of `work` or none of it. */
  transact<T>(work: () => T): T;
  size(): number;
  find(id: string): { readonly index: number; readonly hash: Uint8Array } | undefined;
  append(entry: StoredEntry): void;
  leaves(from: number, to: number): readonly Uint8Array[];
  /** Level 0: hashes of leaves. Above: roots of the full tiles below, as `putRoots` has put them. */
  hashes(level: number, from: number, to: number): readonly Uint8Array[];
  /** How many roots a level above 0 has. */
  roots(level: number): number;
  putRoots(level: number, from: number, roots: readonly Uint8Array[]): void;
}

/** Where the log is published: paths are relative to its prefix. */
export interface ObjectStore {
  get(path: string): Promise<Uint8Array | null>;
  put(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * Puts an object in the place of `previous` (null: of none), at once. False when something else is there; then it stays.
   */
  replace(path: string, bytes: Uint8Array, previous: Uint8Array | null): Promise<boolean>;
}

export interface Placed {
  readonly id: string;
  readonly index: number;
  /** The log has an entry of this id that says something else. It stays as it was. */
  readonly contradicted: boolean;
}

export interface Ledger {
  /** Numbers entries in their order, each id once, durably; tells where each stands. @throws LogError `entry_too_large` */
  append(entries: readonly Entry[]): Promise<Placed[]>;
  /**
   * Publishes everything that was appended: files first, then the checkpoint. Nothing new is nothing to do.
   * @throws LogError `log_forked`, `log_rolled_back`, `note_…`, `checkpoint_…` (`checkpoint_moved`: publish again), and whatever the object store throws; then no
   * checkpoint was contradicted, and publishing again writes the same bytes
   */
  publish(): Promise<Checkpoint>;
  /**
   * The checkpoint as it is published, with its signatures, and what a witness needs to cosign it; null before the first.
   * @throws as `publish` does
   */
  published(): Promise<PublishedCheckpoint | null>;
  /**
   * Adds lines of signature to the published checkpoint, as long as it is the one that they sign.
   * @throws as `publish` does
   */
  addSignatures(note: Uint8Array, lines: readonly string[]): Promise<void>;
  /**
   * Compares published files with what they must be, and writes again those that are not.
   * @throws LogError `ledger_damaged`, and whatever the object store throws
   */
  inspect(from: InspectionCursor, atMost: number): Promise<Inspection>;
}

export interface PublishedCheckpoint {
  readonly note: Uint8Array;
  readonly size: number;
  /** Consistency proof of this tree from an earlier size. */
  readonly proofFrom: (size: number) => Promise<Uint8Array[]>;
}

const CHECKPOINT = 'checkpoint';
const PUTS_AT_ONCE = 6;
/**
 * Where more are waiting, after an outage of the object store, so many get a checkpoint of their own: some 260 files. A run of a
 * Worker may make so many requests and no more, and the next one goes on from there.
 */
const ENTRIES_AT_ONCE = 32_768;

/**
 * @param signers The log's key; a log that changes its key signs by the new one and, as long as verifiers have the old one, by
 * that too, and continues a checkpoint that either has signed
 */
export function createLedger(
  store: LedgerStore,
  objects: ObjectStore,
  signers: NoteSigner | readonly [NoteSigner, ...NoteSigner[]],
  sha256: Sha256 = webSha256,
): Ledger {
  const [signer, ...otherSigners] = 'sign' in signers ? [signers] : signers;
  // What the object store showed when it was last looked at, and was found to be of this ledger.
  let seen: Seen = { note: null, size: 0 };
  const files = fileWriter(store, objects);

  const look = async (): Promise<Seen> => {
    seen = await lookAgain(seen, { store, objects, signers: [signer, ...otherSigners], sha256 });
    return seen;
  };

  // An older checkpoint never goes out after a newer one.
  const oneAtATime = createQueue();

  // In the place of the one that was looked at: a put that was under way for long, of an instance that is no more, would bring
  // an older checkpoint back, and to whoever watches the log would have been truncated.
  const replace = async (previous: Uint8Array | null, note: Uint8Array): Promise<void> => {
    if (!(await objects.replace(CHECKPOINT, note, previous))) throw new LogError('checkpoint_moved');
    files.areShown();
  };

  async function publish(): Promise<Checkpoint> {
    for (;;) {
      const { checkpoint, waiting } = await publishNext();
      if (waiting === 0) return checkpoint;
    }
  }

  /** Tells how many more entries there were. */
  async function publishNext(): Promise<{ checkpoint: Checkpoint; waiting: number }> {
    const { note, size: published } = await look();
    // Where a checkpoint was lost nobody knows of how many entries it was, and one of fewer would be that of a truncated log.
    const size = note === null ? store.size() : Math.min(store.size(), published + ENTRIES_AT_ONCE);
    const waiting = store.size() - size;
    await completeRoots(store, size, sha256);
    const root = await rootAt(size, store.hashes, sha256);
    if (note === null || published < size) {
      await files.put(published, size);
      await replace(note, await signCheckpoint(BigInt(size), root, signer, ...otherSigners));
    } else {
      const lines = await missingSignatures(parseNote(note), [signer, ...otherSigners]);
      if (lines.length > 0) await replace(note, withSignatures(note, lines));
    }
    return { checkpoint: { origin: signer.name, size: BigInt(size), root }, waiting };
  }

  return {
    append: (entries) => appendAll(store, entries, sha256),

    publish: () => oneAtATime(publish),

    published: () =>
      oneAtATime(async () => {
        const { note, size } = await look();
        const proofFrom = (size1: number) => consistencyProof({ size1, size2: size }, store.hashes, sha256);
        return note && { note, size, proofFrom };
      }),

    addSignatures: (signed, lines) =>
      oneAtATime(async () => {
        const { note } = await look();
        if (note === null || parseNote(note).text !== parseNote(signed).text) return;
        await replace(note, withSignatures(note, lines));
      }),

    async inspect(from, atMost) {
      const { size } = await oneAtATime(look);
      return inspectFiles(store, objects, { size, from, atMost });
    },
  };
}

/** Does one work at a time, in the order in which they came, whatever becomes of them. */
function createQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

async function appendAll(store: LedgerStore, entries: readonly Entry[], sha256: Sha256): Promise<Placed[]> {
  if (entries.some(({ leaf }) => leaf.length > ENTRY_BYTES_AT_MOST)) throw new LogError('entry_too_large');
  // Hashed before the transaction, which then runs without a pause.
  const hashes = await hashLeaves(
    entries.map(({ leaf }) => leaf),
    sha256,
  );
  return store.transact(() => entries.map((entry, at) => place(store, entry, hashes[at])));
}

/** Puts files, and remembers how far it came until a checkpoint speaks of them: another run goes on from there. */
function fileWriter(store: LedgerStore, objects: ObjectStore) {
  let written = 0;
  return {
    async put(published: number, size: number): Promise<void> {
      for (let from = Math.max(published, written); from < size; from = written) {
        const to = Math.min(size, from + ENTRIES_AT_ONCE);
        await putAll(objects, store, filesOf(from, to));
        written = to;
      }
    },
    areShown(): void {
      written = 0;
    },
  };
}

/** A few at once: a store of objects is far away, and one put after another would be as slow as the way there and back. */
async function putAll(objects: ObjectStore, store: LedgerStore, tiles: Iterable<Tile>): Promise<void> {
  const rest = tiles[Symbol.iterator]();
  const putSome = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) {
      await objects.put(tilePath(next.value), contentOf(store, next.value));
    }
  };
  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, putSome));
}

function place(store: LedgerStore, { id, leaf }: Entry, hash: Uint8Array | undefined): Placed {
  if (hash === undefined) throw new LogError('ledger_damaged');
  const known = store.find(id);
  if (known) return { id, index: known.index, contradicted: !sameBytes(known.hash, hash) };
  const index = store.size();
  store.append({ id, leaf, index, hash });
  return { id, index, contradicted: false };
}

interface Seen {
  readonly note: Uint8Array | null;
  /** Everything that a tree of this size has is published. */
  readonly size: number;
}

/** Looks at what the object store shows, each time: nothing is signed beside a checkpoint that this ledger did not make. */
async function lookAgain(
  seen: Seen,
  of: {
    readonly store: LedgerStore;
    readonly objects: ObjectStore;
    readonly signers: readonly NoteSigner[];
    readonly sha256: Sha256;
  },
): Promise<Seen> {
  const { store, objects, signers, sha256 } = of;
  const note = await objects.get(CHECKPOINT);
  if (note === null) return { note, size: 0 };
  if (seen.note !== null && sameBytes(note, seen.note)) return seen;
  const checkpoint = await openCheckpoint(note, ...(await Promise.all(signers.map(verifierOf))));
  const size = Number(checkpoint.size);
  if (checkpoint.size > BigInt(store.size())) throw new LogError('log_rolled_back');
  await completeRoots(store, size, sha256);
  const root = await rootAt(size, store.hashes, sha256);
  if (!sameBytes(root, checkpoint.root)) throw new LogError('log_forked');
  return { note, size };
}

function verifierOf({ verifierKey }: NoteSigner): Promise<NoteVerifier> {
  return noteVerifier(verifierKey);
}

/** Signatures by keys of the log that a checkpoint does not carry: it was signed before the key was changed. */
async function missingSignatures(note: Note, signers: readonly NoteSigner[]): Promise<string[]> {
  const lines: string[] = [];
  for (const signer of signers) {
    const known = signaturesBy(await verifierOf(signer), note);
    if (known.length === 0) lines.push(await signatureLineOf(note.text, signer));
  }
  return lines;
}

/** The note with these lines: a line of the same key gives way to the newer one. */
function withSignatures(note: Uint8Array, lines: readonly string[]): Uint8Array {
  const { text, signatures } = parseNote(note);
  const added = parseSignatureLines(lines.map((line) => `${line}\n`).join(''));
  const kept = signatures.filter(
    (line) => !added.some((other) => signaturesBy(other, { text, signatures: [line] }).length > 0),
  );
  return formatNote(
    text,
    [...kept, ...added].map(({ line }) => line),
  );
}

/** Puts the roots of tiles that have become full. Computing them again gives the same ones. */
async function completeRoots(store: LedgerStore, size: number, sha256: Sha256): Promise<void> {
  for (let level = 1; hashesAtLevel(size, level) > 0; level++) {
    const from = store.roots(level);
    const roots: Uint8Array[] = [];
    for (let tile = from; tile < hashesAtLevel(size, level); tile++) {
      const row = store.hashes(level - 1, tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH);
      if (row.length !== TILE_WIDTH) throw new LogError('ledger_damaged');
      roots.push(await rowRoot(row, sha256));
    }
    if (roots.length > 0) store.transact(() => store.putRoots(level, from, roots));
  }
}
