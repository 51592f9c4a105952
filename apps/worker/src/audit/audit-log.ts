// The log of one organization and one year (DESIGN.md, Audit log): the one writer that numbers its events. Appending is
// durable when it answers; an alarm publishes what was appended, about once a second, and again until it has succeeded.
import { DurableObject } from 'cloudflare:workers';
import {
  createLedger,
  type Entry,
  type Ledger,
  LogError,
  noteSigner,
  type ObjectStore,
  type Placed,
} from '@salus/audit/log';
import { fromBase64 } from '@salus/crypto';
import type { Env } from '../env.ts';
import { problemOf, report } from '../report.ts';
import { sqliteLedgerStore } from './ledger-store.ts';

const PUBLISH_AFTER = 1_000;
const RETRY_AFTER = 10_000;

export class AuditLog extends DurableObject<Env> {
  #ledger: Ledger | undefined;

  /** Numbers events, each once, and says where each stands. */
  async append(organization: string, year: number, entries: readonly Entry[]): Promise<Placed[]> {
    const ledger = await this.#open(organization, year);
    const placed = await ledger.append(entries);
    await this.#publishAfter(PUBLISH_AFTER);
    return placed;
  }

  override async alarm(): Promise<void> {
    const name = await this.ctx.storage.get<{ organization: string; year: number }>('name');
    if (!name) return;
    try {
      const ledger = await this.#open(name.organization, name.year);
      await ledger.publish();
    } catch (error) {
      // A log that was forked or rolled back is signed no further: that is for a person to look at.
      report(null, {
        code: error instanceof LogError ? error.code : 'log_not_published',
        error: problemOf('', error).error,
      });
      await this.#publishAfter(RETRY_AFTER);
    }
  }

  async #open(organization: string, year: number): Promise<Ledger> {
    if (this.#ledger) return this.#ledger;
    const prefix = `log/${organization}/${year}`;
    await this.ctx.storage.put('name', { organization, year });
    const signer = await noteSigner(`${this.env.LOG_ORIGIN}/${prefix}`, fromBase64(this.env.LOG_SIGNING_KEY));
    this.#ledger ??= createLedger(
      sqliteLedgerStore(this.ctx.storage),
      objectsUnder(this.env.LOG, prefix),
      signer,
    );
    return this.#ledger;
  }

  async #publishAfter(milliseconds: number): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(Date.now() + milliseconds);
  }
}

function objectsUnder(bucket: R2Bucket, prefix: string): ObjectStore {
  return {
    async get(path) {
      const object = await bucket.get(`${prefix}/${path}`);
      return object && new Uint8Array(await object.arrayBuffer());
    },
    async put(path, bytes) {
      await bucket.put(`${prefix}/${path}`, bytes);
    },
  };
}
