// The log of one organization and one year (DESIGN.md, Audit log): the one writer that numbers its events. Appending is
// durable when it answers; an alarm publishes what was appended, about once a second, and again until it has succeeded.
import { DurableObject } from 'cloudflare:workers';
import { createLedger, type Entry, type Ledger, LogError, noteSigner, type Placed } from '@salus/audit/log';
import { fromBase64 } from '@salus/crypto';
import type { Env } from '../env.ts';
import { problemOf, report } from '../report.ts';
import { sqliteLedgerStore } from './ledger-store.ts';
import { objectsUnder } from './objects.ts';

const PUBLISH_AFTER = 1_000;
const RETRY_AFTER = 10_000;

/** Which log this object is. An object does not know what it was called by, and must not guess. */
interface Name {
  readonly organization: string;
  readonly year: number;
}

export class AuditLog extends DurableObject<Env> {
  #ledger: Promise<Ledger> | undefined;

  /**
   * Numbers events, each once, and says where each stands.
   * @throws LogError `entry_too_large`; Error when this is the log of another organization or year
   */
  async append(organization: string, year: number, entries: readonly Entry[]): Promise<Placed[]> {
    const ledger = await this.#open(await this.#named({ organization, year }));
    const placed = await ledger.append(entries);
    await this.#publishAfter(PUBLISH_AFTER);
    return placed;
  }

  override async alarm(): Promise<void> {
    const name = await this.ctx.storage.get<Name>('name');
    if (!name) return;
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
    if (!known) await this.ctx.storage.put('name', name);
    else if (known.organization !== name.organization || known.year !== name.year) {
      throw new Error('this is another log');
    }
    return name;
  }

  #open({ organization, year }: Name): Promise<Ledger> {
    const prefix = `log/${organization}/${year}`;
    this.#ledger ??= noteSigner(
      `${this.env.LOG_ORIGIN}/${prefix}`,
      fromBase64(this.env.LOG_SIGNING_KEY),
    ).then((signer) =>
      createLedger(sqliteLedgerStore(this.ctx.storage), objectsUnder(this.env.LOG, prefix), signer),
    );
    return this.#ledger;
  }

  async #publishAfter(milliseconds: number): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(Date.now() + milliseconds);
  }
}
