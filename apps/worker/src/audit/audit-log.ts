// The log of one organization and one year (DESIGN.md, Audit log): the one writer that numbers its events. Appending is
// durable when it answers; an alarm publishes what was appended, about once a second, and again until it has succeeded.
// When its retention has ended a log is closed, and later cleared; it remembers that for ever, and takes nothing more.
import { DurableObject } from 'cloudflare:workers';
import {
  createLedger,
  DELETION_CERTIFICATE,
  type Entry,
  type Ledger,
  LogError,
  noteSigner,
  type Placed,
} from '@salus/audit/log';
import { fromBase64 } from '@salus/crypto';
import type { Env } from '../env.ts';
import { problemOf, report } from '../report.ts';
import { dropLedgerStore, sqliteLedgerStore } from './ledger-store.ts';
import { objectsUnder } from './objects.ts';

const PUBLISH_AFTER = 1_000;
const RETRY_AFTER = 10_000;

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

export class AuditLog extends DurableObject<Env> {
  #ledger: Promise<Ledger> | undefined;
  #end: End | undefined = this.ctx.storage.kv.get<End>('end');

  /**
   * Numbers events, each once, and says where each stands.
   * @throws LogError `entry_too_large`, `log_closed`; Error when this is the log of another organization or year
   */
  async append(organization: string, year: number, entries: readonly Entry[]): Promise<Placed[]> {
    const name = await this.#named({ organization, year });
    if (this.#end === 'cleared') throw new LogError('log_closed');
    const ledger = await this.#open(name);
    const placed = await ledger.append(entries);
    await this.#publishAfter(PUBLISH_AFTER);
    return placed;
  }

  /**
   * Ends the log: no entry is numbered from now on, and what it has is published. Again, it answers the same.
   * @throws LogError `log_closed` when it was cleared, and as `Ledger.publish` does; Error when this is another log
   */
  async close(organization: string, year: number): Promise<FinalCheckpoint> {
    const name = await this.#named({ organization, year });
    if (this.#end === 'cleared') throw new LogError('log_closed');
    this.#endAs('closed');
    const { size, root } = await (await this.#open(name)).publish();
    return { size: Number(size), root };
  }

  /** Forgets every entry of a log that was closed. Again, it changes nothing. @throws Error when it was not closed */
  async clear(organization: string, year: number): Promise<void> {
    await this.#named({ organization, year });
    if (this.#end === undefined) throw new Error('this log was not closed');
    // First, because with its entries gone and this not said, the log would be founded anew.
    this.#endAs('cleared');
    this.#ledger = undefined;
    dropLedgerStore(this.ctx.storage);
    await this.ctx.storage.deleteAlarm();
  }

  override async alarm(): Promise<void> {
    const name = await this.ctx.storage.get<Name>('name');
    if (!name || this.#end === 'cleared') return;
    try {
      const ledger = await this.#open(name);
      await ledger.publish();
    } catch (error) {
      // A log that was forked or rolled back is signed no further: that is for a person to look at.
      report(null, problemOf(error instanceof LogError ? error.code : 'log_not_published', error));
      await this.#publishAfter(RETRY_AFTER);
    }
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
    const certificate = await this.env.LOG.head(`${prefixOf(name)}/${DELETION_CERTIFICATE}`);
    await this.ctx.storage.put('name', name);
    if (certificate) this.#endAs('cleared');
  }

  #endAs(end: End): void {
    this.#end = end;
    this.ctx.storage.kv.put('end', end);
  }

  #open(name: Name): Promise<Ledger> {
    const prefix = prefixOf(name);
    this.#ledger ??= noteSigner(
      `${this.env.LOG_ORIGIN}/${prefix}`,
      fromBase64(this.env.LOG_SIGNING_KEY),
    ).then((signer) =>
      createLedger(
        sqliteLedgerStore(this.ctx.storage, () => this.#end !== undefined),
        objectsUnder(this.env.LOG, prefix),
        signer,
      ),
    );
    return this.#ledger;
  }

  async #publishAfter(milliseconds: number): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(Date.now() + milliseconds);
  }
}

function prefixOf({ organization, year }: Name): string {
  return `log/${organization}/${year}`;
}
