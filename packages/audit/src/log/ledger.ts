// The writer of a log. Its store is the authority: entries are numbered there once and for ever, and everything in the
// object store can be written again from it, byte for byte. Files go out before the checkpoint that needs them, so a crash
// leaves at most files that no checkpoint speaks of yet. A checkpoint that contradicts the ledger stops it: signing on
// would fork the log.
import { ENTRY_BYTES_AT_MOST, encodeBundle } from './bundle.ts';
import { type Bytes, joinBytes, sameBytes } from './bytes.ts';
import { type Checkpoint, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { LogError } from './errors.ts';
import { hashLeaves, rowRoot, type Sha256, webSha256 } from './merkle-hash.ts';
import { type NoteSigner, noteVerifier } from './note.ts';
import { rootAt } from './range-root.ts';
import { hashesAtLevel, TILE_WIDTH, type Tile, tilePath, tilesFrom } from './tile.ts';

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
   * @throws LogError `log_forked`, `log_rolled_back`, `note_…`, `checkpoint_…`, and whatever the object store throws; then no
   * checkpoint was contradicted, and publishing again writes the same bytes
   */
  publish(): Promise<Checkpoint>;
}

const CHECKPOINT = 'checkpoint';

export function createLedger(
  store: LedgerStore,
  objects: ObjectStore,
  signer: NoteSigner,
  sha256: Sha256 = webSha256,
): Ledger {
  // One publication at a time: an older checkpoint never goes out after a newer one.
  let publication: Promise<unknown> = Promise.resolve();
  // What the object store showed when it was last looked at, and was found to be of this ledger.
  let seen: Seen = { note: null, size: 0 };

  async function publish(): Promise<Checkpoint> {
    seen = await look(seen, store, objects, signer, sha256);
    const size = store.size();
    await completeRoots(store, size, sha256);
    const root = await rootAt(size, store.hashes, sha256);
    if (seen.note === null || seen.size < size) {
      for (const tile of filesOf(seen.size, size)) await objects.put(tilePath(tile), contentOf(store, tile));
      await objects.put(CHECKPOINT, await signCheckpoint(BigInt(size), root, signer));
    }
    return { origin: signer.name, size: BigInt(size), root };
  }

  return {
    async append(entries) {
      if (entries.some(({ leaf }) => leaf.length > ENTRY_BYTES_AT_MOST))
        throw new LogError('entry_too_large');
      // Hashed before the transaction, which then runs without a pause.
      const hashes = await hashLeaves(
        entries.map(({ leaf }) => leaf),
        sha256,
      );
      return store.transact(() => entries.map((entry, at) => place(store, entry, hashes[at])));
    },

    publish() {
      const next = publication.then(publish, publish);
      publication = next.catch(() => undefined);
      return next;
    },
  };
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
async function look(
  seen: Seen,
  store: LedgerStore,
  objects: ObjectStore,
  signer: NoteSigner,
  sha256: Sha256,
): Promise<Seen> {
  const note = await objects.get(CHECKPOINT);
  if (note === null) return { note, size: 0 };
  if (seen.note !== null && sameBytes(note, seen.note)) return seen;
  const checkpoint = await openCheckpoint(note, await noteVerifier(signer.verifierKey));
  const size = Number(checkpoint.size);
  if (checkpoint.size > BigInt(store.size())) throw new LogError('log_rolled_back');
  await completeRoots(store, size, sha256);
  const root = await rootAt(size, store.hashes, sha256);
  if (!sameBytes(root, checkpoint.root)) throw new LogError('log_forked');
  return { note, size };
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

/** The files that a tree of `size` leaves has and the one of `published` leaves had not. */
function* filesOf(published: number, size: number): Generator<Tile, void> {
  if (size === published) return;
  yield* tilesFrom('entries', published, size);
  for (let level = 0; hashesAtLevel(size, level) > hashesAtLevel(published, level); level++) {
    yield* tilesFrom(level, hashesAtLevel(published, level), size);
  }
}

function contentOf(store: LedgerStore, { level, index, width }: Tile): Bytes {
  const from = index * TILE_WIDTH;
  const parts =
    level === 'entries' ? store.leaves(from, from + width) : store.hashes(level, from, from + width);
  if (parts.length !== width) throw new LogError('ledger_damaged');
  return level === 'entries' ? encodeBundle(parts) : joinBytes(parts);
}
