// Durable Objects as the platform runs them: one instance of a name at a time, its writes in SQLite and durable before
// anything that it sends is seen (the output gate), its alarm once at least. An instance can end between any two effects:
// what it had not made durable is gone, what it had sent may arrive.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Faults } from './faults.ts';
import { type Surroundings, within } from './platform.ts';
import type { WorkerProgram } from './worker-program.ts';
import { type Actor, lastingActor, type World } from './world.ts';

interface Call {
  readonly caller: Actor;
  reject(error: Error): void;
}

interface Instance {
  readonly actor: Actor;
  readonly object: InstanceType<WorkerProgram['AuditLog']>;
  readonly calls: Set<Call>;
  alarmRuns: boolean;
}

interface Storage {
  readonly name: string;
  readonly sqlite: DatabaseSync;
  dirty: boolean;
  /** What `roll back` goes back to. */
  backup: Uint8Array | null;
  instance: Instance | null;
}

/** Calls any method of an object. */
export type Stub = Readonly<Record<string, (...parameters: unknown[]) => Promise<unknown>>>;

export interface DurableObjects {
  namespaceOf(caller: Actor): { getByName(name: string): Stub };
  /** The SQLite of each object, by its name, as it would be found after a crash. */
  readonly storages: ReadonlyMap<string, { readonly sqlite: DatabaseSync }>;
  /** Names of those whose alarm is due. */
  dueAlarms(): string[];
  nextAlarm(): number | null;
  alarm(name: string): Promise<void>;
  /** Names of those that run. */
  running(): string[];
  end(name: string): void;
  /** Somebody puts the storage back to what it was at the last backup, as an operator can for thirty days. */
  rollBack(name: string): boolean;
  backup(name: string): void;
}

export interface DurableObjectsOptions {
  readonly world: World;
  readonly faults: Faults;
  readonly program: WorkerProgram;
  /** What code of an object finds around it. */
  readonly surroundings: (actor: Actor) => Surroundings;
  /** The bindings of an object. */
  readonly environment: (actor: Actor) => object;
  /** Told whenever something has become durable. */
  readonly flushed: (name: string, sqlite: DatabaseSync) => void;
}

/** Alarms that throw or are cut off run again after this long, in milliseconds. */
const ALARM_AGAIN = 2_000;

export function createDurableObjects(options: DurableObjectsOptions): DurableObjects {
  const { world, faults, program, surroundings, environment, flushed } = options;
  const storages = new Map<string, Storage>();
  let instances = 0;

  function storageOf(name: string): Storage {
    const known = storages.get(name);
    if (known) return known;
    const storage: Storage = { name, sqlite: newSqlite(), dirty: false, backup: null, instance: null };
    storages.set(name, storage);
    return storage;
  }

  function start(storage: Storage): Instance {
    if (storage.instance) return storage.instance;
    instances += 1;
    const actor: Actor = {
      ...lastingActor(`log ${storage.name} #${instances}`),
      flush: () => flush(storage),
      isDurable: () => !storage.dirty,
    };
    const context = { storage: storageApi(storage, actor, faults) };
    const object = within(surroundings(actor), () => new program.AuditLog(context, environment(actor)));
    storage.instance = { actor, object, calls: new Set(), alarmRuns: false };
    return storage.instance;
  }

  function flush(storage: Storage): void {
    if (!storage.dirty) return;
    storage.sqlite.exec('commit');
    storage.dirty = false;
    flushed(storage.name, storage.sqlite);
  }

  /** Performs a call where its object is; its answer waits for a turn of its own. */
  function call(caller: Actor, name: string, method: string, parameters: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        const perform = () => world.release(() => reject(error));
        world.schedule({ actor: caller, label: 'call lost', outlives: false, perform });
      };
      const perform = () => {
        if (faults.happens('a call of a Durable Object is lost'))
          return fail(new Error('Network connection lost.'));
        const instance = start(storageOf(name));
        const pending: Call = { caller, reject: fail };
        instance.calls.add(pending);
        const answer = (settle: () => void) => {
          if (!instance.actor.alive) return;
          world.schedule({
            actor: instance.actor,
            label: `answer of ${instance.actor.name}`,
            outlives: false,
            perform() {
              instance.actor.flush?.();
              instance.calls.delete(pending);
              world.release(() => {
                if (caller.alive) settle();
              });
            },
          });
        };
        const run = async () => {
          const { object } = instance;
          // Boundary: the Worker's own types say which methods there are, and with what parameters.
          const called = Reflect.get(object, method) as (...of: unknown[]) => Promise<unknown>;
          return called.apply(object, structuredClone(parameters));
        };
        world.release(() => {
          within(surroundings(instance.actor), run).then(
            (value) => answer(() => resolve(structuredClone(value))),
            (error: Error) => answer(() => reject(error)),
          );
        });
      };
      world.schedule({ actor: caller, label: `call log ${name}`, outlives: true, perform });
    });
  }

  function alarmOf({ sqlite }: Storage): number | null {
    const row = sqlite.prepare(`select value from _cf_kv where key = 'alarm'`).get();
    return row ? Number(row.value) : null;
  }

  return {
    storages,
    namespaceOf: (caller) => ({
      getByName: (name) =>
        new Proxy<Stub>(
          {},
          {
            get:
              (_, method) =>
              (...parameters: unknown[]) =>
                call(caller, name, String(method), parameters),
          },
        ),
    }),
    dueAlarms: () =>
      [...storages.values()]
        .filter((storage) => !storage.instance?.alarmRuns && (alarmOf(storage) ?? Infinity) <= world.now())
        .map(({ name }) => name),
    nextAlarm() {
      const times = [...storages.values()].flatMap((storage) => alarmOf(storage) ?? []);
      return times.length === 0 ? null : Math.min(...times);
    },
    async alarm(name) {
      const storage = storageOf(name);
      const instance = start(storage);
      instance.alarmRuns = true;
      write(storage, () => storage.sqlite.exec(`delete from _cf_kv where key = 'alarm'`));
      const ended = (again: boolean) => {
        if (!instance.actor.alive) return;
        instance.alarmRuns = false;
        if (again) setAlarm(storage, world.now() + ALARM_AGAIN);
        flush(storage);
      };
      within(surroundings(instance.actor), () => instance.object.alarm()).then(
        () => ended(false),
        () => ended(true),
      );
      await world.quiet();
    },
    running: () => [...storages.values()].filter(({ instance }) => instance).map(({ name }) => name),
    end(name) {
      const storage = storageOf(name);
      const { instance } = storage;
      if (!instance) return;
      world.end(instance.actor);
      storage.instance = null;
      if (storage.dirty) storage.sqlite.exec('rollback');
      storage.dirty = false;
      // An alarm that was cut off runs again.
      if (instance.alarmRuns && alarmOf(storage) === null) {
        setAlarm(storage, world.now() + ALARM_AGAIN);
        flush(storage);
      }
      for (const { reject } of instance.calls) reject(new Error('Durable Object reset'));
    },
    backup(name) {
      const storage = storageOf(name);
      if (!storage.dirty) storage.backup = storage.sqlite.serialize();
    },
    rollBack(name) {
      const storage = storageOf(name);
      if (!storage.backup) return false;
      this.end(name);
      storage.sqlite.deserialize(storage.backup);
      return true;
    },
  };
}

function newSqlite(): DatabaseSync {
  const sqlite = new DatabaseSync(':memory:');
  sqlite.exec('create table _cf_kv (key text primary key, value text not null) without rowid');
  return sqlite;
}

/** Writes are one transaction until something of them is seen outside. */
function write<T>(storage: Storage, work: () => T): T {
  if (!storage.dirty) storage.sqlite.exec('begin');
  storage.dirty = true;
  return work();
}

function setAlarm(storage: Storage, time: number): void {
  put(storage, 'alarm', time);
}

function put(storage: Storage, key: string, value: unknown): void {
  write(storage, () =>
    storage.sqlite
      .prepare('insert or replace into _cf_kv (key, value) values (?, ?)')
      .run(key, JSON.stringify(value)),
  );
}

/** The part of DurableObjectStorage that Salus uses. What belongs to an instance that has ended does nothing any more. */
function storageApi(storage: Storage, actor: Actor, faults: Faults) {
  const { sqlite } = storage;
  const running = () => {
    if (!actor.alive) throw new Error('this instance has ended');
  };
  const value = (key: string): unknown => {
    const row = sqlite.prepare('select value from _cf_kv where key = ?').get(key);
    return row && JSON.parse(String(row.value));
  };
  const keep = (key: string, stored: unknown) => {
    running();
    put(storage, key, stored);
  };
  return {
    sql: {
      exec(text: string, ...bindings: SQLInputValue[]) {
        running();
        if (text.startsWith('insert into entries') && faults.happens('an entry cannot be written'))
          throw new Error('SQLITE_FULL');
        const run = () => rowsOf(sqlite, text, bindings);
        return cursor(/^\s*select\b/i.test(text) ? run() : write(storage, run));
      },
    },
    transactionSync<T>(work: () => T): T {
      running();
      return write(storage, () => {
        sqlite.exec('savepoint work');
        try {
          const result = work();
          sqlite.exec('release work');
          return result;
        } catch (error) {
          sqlite.exec('rollback to work; release work');
          throw error;
        }
      });
    },
    get: async (key: string) => value(`value ${key}`),
    put: async (key: string, stored: unknown) => keep(`value ${key}`, stored),
    kv: {
      get: (key: string) => value(`value ${key}`),
      put: (key: string, stored: unknown) => keep(`value ${key}`, stored),
    },
    getAlarm: async () => (value('alarm') as number | undefined) ?? null, // setAlarm puts numbers
    setAlarm: async (time: number) => keep('alarm', time),
    deleteAlarm: async () => {
      running();
      write(storage, () => sqlite.exec(`delete from _cf_kv where key = 'alarm'`));
    },
  };
}

function rowsOf(sqlite: DatabaseSync, text: string, bindings: SQLInputValue[]): Record<string, unknown>[] {
  if (bindings.length === 0 && text.split(';').filter((part) => part.trim() !== '').length > 1) {
    sqlite.exec(text);
    return [];
  }
  return sqlite
    .prepare(text)
    .all(...bindings)
    .map((row) =>
      // Workers give a blob as an ArrayBuffer.
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => [
          name,
          cell instanceof Uint8Array ? cell.slice().buffer : cell,
        ]),
      ),
    );
}

function cursor(rows: readonly Record<string, unknown>[]) {
  return {
    toArray: () => [...rows],
    raw: () => rows.map((row) => Object.values(row)).values(),
    one() {
      const [row] = rows;
      if (!row || rows.length > 1) throw new Error('expected exactly one result');
      return row;
    },
    [Symbol.iterator]: () => rows[Symbol.iterator](),
  };
}
