// The audit trail and its logs, as an owner of the database and a reader of the log see them.
import { type LogVerdict, noteSigner, verifyLog } from '@salus/audit/log';
import { LOG_ORIGIN, LOG_SEED, type System } from './system.ts';

export interface TrailRow {
  readonly id: string;
  readonly type: string;
  readonly kind: string;
  readonly outcome: string;
  readonly actor_id: string | null;
  readonly actor_role: string | null;
  readonly patient_id: string | null;
  readonly purpose: string | null;
  readonly request_id: string;
  readonly origin: Uint8Array | null;
  readonly details: Record<string, unknown> | null;
  readonly fields: string[] | null;
  readonly changes: Record<string, { old?: string | null; new?: string | null }> | null;
}

/** Rows of the trail, oldest first. */
export async function trail(system: System, where = 'true', values: unknown[] = []): Promise<TrailRow[]> {
  const { rows } = await system.owner.query<TrailRow>(
    `select * from salus.audit_events where ${where} order by recorded_at, id`,
    values,
  );
  return rows;
}

/** The rows that a request has left. */
export function eventsOf(system: System, answer: Response): Promise<TrailRow[]> {
  return trail(system, 'request_id = $1', [answer.headers.get('x-request-id')]);
}

/** The log of this year, verified from its files as the Worker serves them, with its entries. */
export async function readLog(
  system: System,
  organizationId: string = system.organizationId,
): Promise<{ verdict: LogVerdict; entries: { id: string; type: string }[] }> {
  const path = `log/${organizationId}/${new Date().getUTCFullYear()}`;
  const { verifierKey } = await noteSigner(`${LOG_ORIGIN}/${path}`, LOG_SEED);
  const entries: { id: string; type: string }[] = [];
  const verdict = await verifyLog({
    verifierKey,
    read: async (file) => {
      const answer = await fetch(new URL(`/${path}/${file}`, system.url));
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
    },
    onEntry: (entry) => {
      entries.push(JSON.parse(new TextDecoder().decode(entry)));
    },
  });
  return { verdict, entries };
}

interface Progress {
  readonly events: number;
  /** Rows without a leaf that came by a call or a job, which send them. What is set up from outside waits for the sweep. */
  readonly sent: number;
  /** Those, and whatever else is no change of the system. */
  readonly waiting: number;
  readonly leaves: number;
}

async function progress(system: System, organizationId: string | null = null): Promise<Progress> {
  const { rows } = await system.owner.query<Progress>(
    `select count(*)::int as events,
            (count(*) filter (where l.event_id is null and (e.origin is not null or e.actor_role like 'job.%')))::int as sent,
            (count(*) filter (where l.event_id is null and (e.origin is not null or e.kind <> 'system_change')))::int as waiting,
            count(l.event_id)::int as leaves
       from salus.audit_events e left join salus.audit_leaves l on l.event_id = e.id
      where e.organization_id = coalesce($1, e.organization_id)`,
    [organizationId],
  );
  const [counts] = rows;
  if (!counts) throw new Error('the database counts nothing');
  return counts;
}

/** Changes each tile of hashes that the log has by now, but for those that were changed before. @param damaged by key, as they were */
export async function damageTiles(
  system: System,
  damaged: Map<string, ArrayBuffer> = new Map(),
): Promise<typeof damaged> {
  const bucket = await system.worker.getR2Bucket('LOG');
  const { objects } = await bucket.list({ prefix: `log/${system.organizationId}/` });
  for (const { key } of objects.filter(({ key }) => /\/tile\/\d/.test(key) && !damaged.has(key))) {
    const tile = await (await bucket.get(key))?.arrayBuffer();
    if (!tile) continue;
    damaged.set(key, tile);
    await bucket.put(
      key,
      new Uint8Array(tile).map((byte) => byte ^ 1),
    );
  }
  return damaged;
}

/** Waits until every row that is no change of the system has a leaf, and the log shows all leaves. */
export async function untilLogged(
  system: System,
  organizationId: string = system.organizationId,
): Promise<void> {
  await untilShown(system, organizationId, ({ waiting, leaves }) => waiting === 0 && leaves > 0);
}

/** Waits until the log shows all leaves that there are by then, and `enough` of them. */
export async function untilShown(
  system: System,
  organizationId: string = system.organizationId,
  enough: (counts: Progress) => boolean = () => true,
): Promise<void> {
  const until = Date.now() + 40_000;
  for (;;) {
    const counts = await progress(system, organizationId);
    if (enough(counts)) {
      const { verdict } = await readLog(system, organizationId);
      if (verdict.ok && verdict.checkpoint.size === BigInt(counts.leaves)) return;
    }
    if (Date.now() > until) throw new Error(`not logged in time: ${JSON.stringify(counts)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/**
 * Fires the Worker's cron trigger, when every row that has no leaf has become old enough for the sweep. Not before the queue is at
 * rest: a row that is made older while it is on its way is not what its log is given, and the trail says so.
 */
export async function sweep(system: System): Promise<void> {
  await untilQueueRests(system);
  await system.owner.query(
    `update salus.audit_events set recorded_at = recorded_at - interval '2 minutes'
      where not exists (select from salus.audit_leaves l where l.event_id = audit_events.id)`,
  );
  const worker = await system.worker.getWorker();
  await worker.scheduled({ cron: '* * * * *' });
}

/**
 * Waits until nothing is on its way to the log, and nothing new is written. What the queue has lost, or keeps while something is out
 * of order, never comes: once no leaf has come for ten seconds, nothing will.
 */
export async function untilQueueRests(system: System): Promise<void> {
  const until = Date.now() + 60_000;
  let before: Progress | null = null;
  let restsAt = 0;
  while (Date.now() < until) {
    const counts = await progress(system);
    if (counts.leaves !== before?.leaves) restsAt = Date.now() + 10_000;
    const isQuiet = counts.sent === 0 && counts.events === before?.events && counts.leaves === before.leaves;
    if (isQuiet || Date.now() > restsAt) return;
    before = counts;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('the queue does not come to rest');
}
