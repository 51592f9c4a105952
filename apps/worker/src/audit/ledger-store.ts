// The log of one organization and year in the SQLite of its Durable Object: every entry, and the roots of full tiles.
import { type LedgerStore, LogError, type StoredEntry } from '@salus/audit/log';

const TABLES = `
  create table if not exists entries (
    position integer primary key,
    id text not null unique,
    hash blob not null,
    leaf blob not null
  );
  create table if not exists roots (
    level integer not null,
    position integer not null,
    hash blob not null,
    primary key (level, position)
  ) without rowid;`;

/** @param isClosed whether the log takes new entries no more; what it has, it still finds */
export function sqliteLedgerStore(
  storage: DurableObjectStorage,
  isClosed: () => boolean = () => false,
): LedgerStore {
  const { sql } = storage;
  sql.exec(TABLES);
  const count = (query: string, ...bindings: number[]): number =>
    sql.exec<{ n: number }>(query, ...bindings).one().n;
  const column = (query: string, ...bindings: number[]): Uint8Array[] =>
    Array.from(sql.exec(query, ...bindings).raw<[ArrayBuffer]>(), ([bytes]) => new Uint8Array(bytes));

  return {
    transact: (work) => storage.transactionSync(work),
    // Positions have no gap: they are given out here alone, each the size of the log before it.
    size: () => count('select coalesce(max(position) + 1, 0) as n from entries'),
    find(id) {
      const [found] = sql.exec<{ position: number; hash: ArrayBuffer }>(
        'select position, hash from entries where id = ?',
        id,
      );
      return found && { index: found.position, hash: new Uint8Array(found.hash) };
    },
    append({ index, id, hash, leaf }: StoredEntry) {
      if (isClosed()) throw new LogError('log_closed');
      sql.exec('insert into entries (position, id, hash, leaf) values (?, ?, ?, ?)', index, id, hash, leaf);
    },
    leaves: (from, to) =>
      column(
        'select leaf as bytes from entries where position >= ? and position < ? order by position',
        from,
        to,
      ),
    hashes: (level, from, to) =>
      level === 0
        ? column(
            'select hash as bytes from entries where position >= ? and position < ? order by position',
            from,
            to,
          )
        : column(
            'select hash as bytes from roots where level = ? and position >= ? and position < ? order by position',
            level,
            from,
            to,
          ),
    roots: (level) => count('select coalesce(max(position) + 1, 0) as n from roots where level = ?', level),
    putRoots(level, from, roots) {
      roots.forEach((hash, at) => {
        sql.exec(
          'insert or replace into roots (level, position, hash) values (?, ?, ?)',
          level,
          from + at,
          hash,
        );
      });
    },
  };
}

/** Clears what the store has kept, at once and for good. */
export function dropLedgerStore(storage: DurableObjectStorage): void {
  storage.transactionSync(() => {
    storage.sql.exec('drop table if exists entries; drop table if exists roots');
  });
}
