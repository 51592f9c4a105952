// Watches the logs as somebody who trusts nobody would, and a little more: every entry that became durable, every
// checkpoint that went out, every file that it speaks of. Roots are computed by the definition, not by the code under test.
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { noteVerifier, openCheckpoint, verifierKeyOf, verifyLog } from '@salus/audit/log';
import type { World } from './world.ts';

interface WatchedLog {
  /** `<organization>/<year>` */
  readonly name: string;
  readonly ids: string[];
  readonly hashes: Buffer[];
  /** The checkpoint that went out last. */
  note: Uint8Array | null;
  size: number;
  /** Somebody has put its storage back: what was published of it still binds it, and no more is known of its entries. */
  rolledBack: boolean;
}

export interface LogWatch {
  readonly logs: ReadonlyMap<string, WatchedLog>;
  /** @throws Violation */
  flushed(name: string, sqlite: DatabaseSync): void;
  written(key: string, bytes: Uint8Array): Promise<void>;
  rolledBack(name: string): void;
  /** Where an event stands, if it is durable. */
  indexOf(name: string, id: string): number | undefined;
  /** Every entry again, and every file. @throws Violation */
  verify(name: string): Promise<readonly unknown[]>;
}

export interface LogWatchOptions {
  readonly world: World;
  readonly origin: string;
  readonly seed: Uint8Array;
  readonly read: (key: string) => Uint8Array | null;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

export function createLogWatch({ world, origin, seed, read }: LogWatchOptions): LogWatch {
  const logs = new Map<string, WatchedLog>();
  const places = new Map<string, number>();

  function logOf(name: string): WatchedLog {
    const known = logs.get(name);
    if (known) return known;
    const log: WatchedLog = { name, ids: [], hashes: [], note: null, size: 0, rolledBack: false };
    logs.set(name, log);
    return log;
  }

  const verifierKey = (name: string) => verifierKeyOf(`${origin}/log/${name}`, seed);
  const filesOf = (name: string) => async (path: string) => read(`log/${name}/${path}`);

  async function checkpoint(name: string, note: Uint8Array): Promise<void> {
    const log = logOf(name);
    const { size, root } = await openCheckpoint(note, await noteVerifier(await verifierKey(name)));
    const count = Number(size);
    world.require(count >= log.size, 'a checkpoint went back: to who watches, the log was truncated');
    if (!log.rolledBack) {
      world.require(count <= log.hashes.length, 'a checkpoint speaks of entries that are not durable');
      world.require(
        rootOf(log.hashes.slice(0, count)).equals(root),
        'a checkpoint is not of the entries that there are',
      );
    }
    const verdict = await verifyLog({
      read: filesOf(name),
      verifierKey: await verifierKey(name),
      sha256,
      ...(log.note && { earlier: log.note }),
    });
    world.require(
      verdict.ok,
      `a log does not verify: ${verdict.ok ? '' : `${verdict.fault} ${verdict.path}`}`,
    );
    log.note = note;
    log.size = count;
  }

  return {
    logs,
    indexOf: (name, id) => places.get(`${name} ${id}`),
    rolledBack(name) {
      logOf(name).rolledBack = true;
    },
    flushed(name, sqlite) {
      const log = logOf(name);
      if (log.rolledBack || !hasEntries(sqlite)) return;
      const rows = sqlite
        .prepare('select position, id, hash from entries where position >= ? order by position')
        .all(log.ids.length);
      for (const { position, id, hash } of rows) {
        world.require(position === log.ids.length, 'the numbers of entries have a gap');
        world.require(!places.has(`${name} ${id}`), 'an event is in the log twice');
        places.set(`${name} ${id}`, Number(position));
        log.ids.push(String(id));
        log.hashes.push(Buffer.from(hash as Uint8Array)); // a column of blobs
      }
      const count = sqlite.prepare('select count(*) as n from entries').get()?.n;
      world.require(count === log.ids.length, 'entries have gone from a log');
    },
    async written(key, bytes) {
      const [, name] = /^log\/(.*)\/checkpoint$/.exec(key) ?? [];
      if (name) await checkpoint(name, bytes);
    },
    async verify(name) {
      const log = logOf(name);
      const entries: { readonly id?: unknown }[] = [];
      const verdict = await verifyLog({
        read: filesOf(name),
        verifierKey: await verifierKey(name),
        sha256,
        onEntry: (entry) => entries.push(JSON.parse(new TextDecoder().decode(entry))),
      });
      world.require(verdict.ok, 'a log does not verify at the end');
      world.require(
        log.rolledBack || entries.length === log.ids.length,
        'the last checkpoint is not of everything that the log has',
      );
      world.require(
        entries.every(({ id }, at) => id === log.ids[at]),
        'entries are published in another order than they were numbered',
      );
      return entries;
    },
  };
}

function hasEntries(sqlite: DatabaseSync): boolean {
  return sqlite.prepare(`select 1 from sqlite_master where name = 'entries'`).get() !== undefined;
}

/** MTH of RFC 6962 §2.1 over hashes of leaves. */
function rootOf(hashes: readonly Buffer[]): Buffer {
  const [first] = hashes;
  if (!first) return sha256(new Uint8Array());
  if (hashes.length === 1) return first;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return sha256(Buffer.concat([Buffer.of(1), rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split))]));
}
