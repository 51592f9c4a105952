// For tests: an organization with a trail of years, and what an outsider, the database and the clock say of one of them.
import { createMessageBatch, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AuditRow } from '@salus/audit';
import { verifierKeyOf, verifyDeletion, verifyLog } from '@salus/audit/log';
import { fromBase64 } from '@salus/crypto';
import { connect, expiringYears, type JobRun } from '@salus/db';
import { organizationId } from '@salus/schema';
import { inject } from 'vitest';
import { consumeAuditBatch } from '../audit/consumer.ts';
import { messageOf } from '../audit/message.ts';
import { asOwner, newOrganization, recordEvents, recordedLeaves } from '../audit/test-trail.ts';
import { testMinute } from '../test-minute.ts';
import { expireYear } from './expire-year.ts';

const { endpoint, appUrl } = inject('database');
const database = connect({ url: appUrl, endpoint });
const { keyring } = (await testMinute()).isolate;

export const PRESENT = new Date().getUTCFullYear();
/** The youngest year that six years have passed since, and the one after, which must stay. */
export const DUE = PRESENT - 7;
export const YOUNG = DUE + 1;

/** What a run of the job has committed, and nobody has brought to the log yet. */
export interface TestRun extends JobRun {
  readonly waiting: AuditRow[];
}

export type TestTrail = ReturnType<typeof trailOf>;

/** Four events of the year that is due, its first moment and its last among them, and two that are younger. */
export async function startTrail(): Promise<{ trail: TestTrail; rows: AuditRow[] }> {
  const trail = trailOf(await newOrganization());
  const rows = await trail.record(
    ...[`${DUE}-01-01T00:00:00Z`, `${DUE}-05-06T07:08:09Z`, `${DUE}-05-06T07:08:09Z`],
    ...[`${DUE}-12-31T23:59:59.999999Z`, `${YOUNG}-01-01T00:00:00Z`, `${PRESENT}-01-01T00:00:00Z`],
  );
  await trail.deliver(rows);
  return { trail, rows };
}

function trailOf(organization: string) {
  return { organization, ...jobOf(organization), ...stateOf(organization) };
}

function jobOf(organization: string) {
  return {
    record(...times: string[]): Promise<AuditRow[]> {
      return recordEvents(
        organization,
        times.map((recordedAt) => ({ recordedAt })),
      );
    },

    /** Brings rows to their logs, as the queue does, and the logs to the bucket. */
    async deliver(rows: readonly AuditRow[]): Promise<void> {
      const bodies = (await Promise.all(rows.map(messageOf))).map(({ message }) => message);
      const messages = bodies.map((body, at) => ({
        id: String(at),
        timestamp: new Date(),
        attempts: 1,
        body,
      }));
      await consumeAuditBatch(createMessageBatch('salus-audit', messages), {
        database,
        auditLog: env.AUDIT_LOG,
      });
      for (const year of new Set(rows.map(({ recordedAt }) => recordedAt.slice(0, 4)))) {
        await runDurableObjectAlarm(env.AUDIT_LOG.getByName(`${organization}/${year}`));
      }
    },

    /** As the sweep does, a minute later. */
    async deliverUnsent(): Promise<void> {
      const rows = await asOwner(
        `select salus.audit_row(e) as event from salus.audit_events e where organization_id = $1
          and not exists (select from salus.audit_leaves l where l.event_id = e.id)`,
        [organization],
      );
      await this.deliver(rows.map(({ event }) => JSON.parse(event ?? 'null')));
    },

    run(over: JobRun['database'] = database): TestRun {
      const waiting: AuditRow[] = [];
      return {
        job: 'retention',
        organizationId: organizationId.parse(organization),
        database: over,
        keyring,
        requestId: crypto.randomUUID(),
        now: Date.now,
        committed: (rows) => waiting.push(...rows),
        waiting,
      };
    },

    /** Runs the job as often as the clock would, and brings its events to the log in between. */
    async untilOver(year: number): Promise<string> {
      for (let minute = 0; minute < 5; minute++) {
        const run = this.run();
        const end = await expireYear(run, env, year);
        await this.deliver(run.waiting);
        if (end !== 'waiting') return end;
      }
      return 'waiting';
    },
  };
}

function stateOf(organization: string) {
  return {
    /** What an outsider says of the log of a year, and how many rows and leaves the database has of it. */
    async stateOf(year: number): Promise<[verdict: string, rows: number, leaves: number]> {
      const rows = await asOwner(
        `select id from salus.audit_events
        where organization_id = $1 and extract(year from recorded_at at time zone 'UTC') = $2`,
        [organization, year],
      );
      const places = [...(await recordedLeaves(organization)).values()];
      const leaves = places.filter((place) => place.startsWith(`${year}/`));
      return [await this.verdictOf(year), rows.length, leaves.length];
    },

    async verdictOf(year: number): Promise<string> {
      const prefix = `log/${organization}/${year}`;
      const options = {
        verifierKey: await verifierKeyOf(`${env.LOG_ORIGIN}/${prefix}`, fromBase64(env.LOG_SIGNING_KEY)),
        async read(path: string) {
          const object = await env.LOG.get(`${prefix}/${path}`);
          return object && new Uint8Array(await object.arrayBuffer());
        },
      };
      const verdict = await verifyLog(options);
      if (verdict.ok) return `whole ${verdict.checkpoint.size}`;
      const deletion = await verifyDeletion({ ...options, now: Date.now() });
      return deletion.deleted ? `deleted ${deletion.checkpoint.size}` : `${verdict.fault}, ${deletion.fault}`;
    },

    async isDue(year: number): Promise<boolean> {
      const years = await expiringYears(database);
      return years.some((due) => due.organizationId === organization && due.year === year);
    },

    eventsOfType(type: string) {
      return asOwner(
        `select kind, outcome, actor_role, details->>'year' as year, details->>'size' as size, details->>'root' as root,
              details->>'reason' as reason
         from salus.audit_events where organization_id = $1 and type = $2 order by recorded_at`,
        [organization, type],
      );
    },
  };
}
