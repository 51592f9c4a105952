// The log of one organization and one year (DESIGN.md, Audit log): the one writer that numbers its events. Appending is
// durable when it answers; an alarm publishes what was appended, about once a second, and again until it has succeeded. The
// same alarm asks the witnesses for their cosignatures, and looks by and by at every file that was published: what the object
// store lost or damaged is written again. When its retention has ended a log is closed, and later cleared; it remembers that
// for ever, and takes nothing more.
import { DurableObject } from 'cloudflare:workers';
import {
  createLedger,
  createWitnesses,
  DELETION_CERTIFICATE,
  type Entry,
  INSPECTION_START,
  type InspectionCursor,
  type Ledger,
  LogError,
  type Placed,
  type Witnesses,
} from '@salus/audit/log';
import type { Env } from '../env.ts';
import { problemOf, report } from '../report.ts';
import { dropLedgerStore, sqliteLedgerStore } from './ledger-store.ts';
import { logPrefix, logSigners } from './log-keys.ts';
import { objectsUnder } from './objects.ts';
import { witnessesOf, witnessList } from './witness-list.ts';

const PUBLISH_AFTER = 1_000;
const RETRY_AFTER = 10_000;
/** How long a witness has for its answer. The next checkpoint waits for it: of one that gives none, once in each of its pauses. */
const WITNESS_DEADLINE = 5_000;
/** With nothing to publish: that the checkpoint is there, and signed by the keys there are now. */
const LOOK_EVERY = 3_600_000;
/** All files are compared with what they must be once a day, so many at a time. */
const INSPECT_EVERY = 86_400_000;
const FILES_AT_ONCE = 100;

/** Which log this object is. An object does not know what it was called by, and must not guess. */
interface Name {
  readonly organization: string;
  readonly year: number;
}

/** `closed`: takes no new entry. `cleared`: has none any more either. */
type End = 'closed' | 'cleared';

export interface FinalCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
}

/** How far the comparison of files has come. */
interface Inspecting {
  readonly from: InspectionCursor;
  readonly dueAt: number;
}

interface Open {
  readonly ledger: Ledger;
  readonly witnesses: Witnesses;
}

export class AuditLog extends DurableObject<Env> {
  #opened: Promise<Open> | undefined;
  #end: End | undefined = this.ctx.storage.kv.get<End>('end');
  /** What the alarm is at, or was last. */
  #work: Promise<void> = Promise.resolve();

  /**
   * Numbers events, each once, and says where each stands.
   * @throws LogError `entry_too_large`, `log_closed`; Error when this is the log of another organization or year
   */
  async append(organization: string, year: number, entries: readonly Entry[]): Promise<Placed[]> {
    const name = await this.#named({ organization, year });
    if (this.#isCleared()) throw new LogError('log_closed');
    const { ledger } = await this.#open(name);
    const placed = await ledger.append(entries);
    await this.#wakeWithin(PUBLISH_AFTER);
    return placed;
  }

  /**
   * Ends the log: no entry is numbered from now on, and what it has is published. Again, it answers the same.
   * @throws LogError `log_closed` when it was cleared, and as `Ledger.publish` does; Error when this is another log
   */
  async close(organization: string, year: number): Promise<FinalCheckpoint> {
    const name = await this.#named({ organization, year });
    if (this.#isCleared()) throw new LogError('log_closed');
    this.#endAs('closed');
    const { size, root } = await (await this.#open(name)).ledger.publish();
    return { size: Number(size), root };
  }

  /** Forgets every entry of a log that was closed. Again, it changes nothing. @throws Error when it was not closed */
  async clear(organization: string, year: number): Promise<void> {
    await this.#named({ organization, year });
    if (this.#end === undefined) throw new Error('this log was not closed');
    // First, because with its entries gone and this not said, the log would be founded anew.
    this.#endAs('cleared');
    this.#opened = undefined;
    // It could write a file again after that was deleted, which nobody would delete once more.
    await this.#work.catch(() => undefined);
    dropLedgerStore(this.ctx.storage);
    await this.ctx.storage.deleteAlarm();
  }

  override alarm(): Promise<void> {
    this.#work = this.#publish();
    return this.#work;
  }

  async #publish(): Promise<void> {
    const name = await this.ctx.storage.get<Name>('name');
    if (!name || this.#isCleared()) return;
    try {
      const open = await this.#open(name);
      await open.ledger.publish();
      await this.#cosign(open);
      await this.#inspect(open);
    } catch (error) {
      if (this.#isCleared()) return;
      // A log that was forked or rolled back is signed no further: that is for a person to look at.
      report(null, problemOf(error instanceof LogError ? error.code : 'log_not_published', error));
      await this.#wakeWithin(RETRY_AFTER);
    }
    if (!this.#isCleared()) await this.#wakeWithin(LOOK_EVERY);
  }

  /** It may be while an alarm is at work. */
  #isCleared(): boolean {
    return this.#end === 'cleared';
  }

  /** Whoever of the witnesses does not answer keeps nobody back: the checkpoint is published already. */
  async #cosign({ ledger, witnesses }: Open): Promise<void> {
    const published = await ledger.published();
    if (!published) return;
    const { cosignatures, faults, retryAt } = await witnesses.collect(published);
    for (const { code, witness } of faults) report(null, { code, error: witness });
    if (cosignatures.length > 0) {
      const lines = cosignatures.map(({ line }) => line);
      await ledger.addSignatures(published.note, lines);
    }
    if (retryAt !== undefined) await this.#wakeWithin(retryAt - Date.now());
  }

  async #inspect({ ledger }: Open): Promise<void> {
    const { storage } = this.ctx;
    const known = await storage.get<Inspecting>('inspecting');
    if (known && known.dueAt > Date.now()) return;
    const anew = { from: INSPECTION_START, dueAt: Date.now() + INSPECT_EVERY };
    if (!known) return storage.put('inspecting', anew);
    const { repaired, next } = await ledger.inspect(known.from, FILES_AT_ONCE);
    if (repaired.length > 0) report(null, { code: 'log_files_repaired', error: String(repaired.length) });
    await storage.put('inspecting', next ? { from: next, dueAt: 0 } : anew);
    if (next) await this.#wakeWithin(RETRY_AFTER);
  }

  /** The first call names the log, for ever. */
  async #named(name: Name): Promise<Name> {
    const known = await this.ctx.storage.get<Name>('name');
    if (!known) await this.#found(name);
    else if (known.organization !== name.organization || known.year !== name.year) {
      throw new Error('this is another log');
    }
    return name;
  }

  /** A log whose storage was lost after it had been deleted is not founded again: its certificate is still there. */
  async #found(name: Name): Promise<void> {
    const certificate = await this.env.LOG.head(
      `${logPrefix(name.organization, name.year)}/${DELETION_CERTIFICATE}`,
    );
    await this.ctx.storage.put('name', name);
    if (certificate) this.#endAs('cleared');
  }

  #endAs(end: End): void {
    this.#end = end;
    this.ctx.storage.kv.put('end', end);
  }

  #open(name: Name): Promise<Open> {
    this.#opened ??= this.#start(name).catch((error) => {
      // What stood in the way may pass.
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #start({ organization, year }: Name): Promise<Open> {
    const prefix = logPrefix(organization, year);
    const witnesses = await witnessesOf(witnessList.parse(this.env.LOG_WITNESSES));
    return {
      ledger: createLedger(
        sqliteLedgerStore(this.ctx.storage, () => this.#end !== undefined),
        objectsUnder(this.env.LOG, prefix),
        await logSigners(this.env, prefix),
      ),
      witnesses: createWitnesses(witnesses, {
        fetch: (input, init) => fetch(input, init),
        deadline: WITNESS_DEADLINE,
        now: Date.now,
      }),
    };
  }

  /** An alarm at that time, or before it: there is one alarm for everything. */
  async #wakeWithin(milliseconds: number): Promise<void> {
    const at = Date.now() + Math.max(milliseconds, 0);
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > at) await this.ctx.storage.setAlarm(at);
  }
}
