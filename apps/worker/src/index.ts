// The Worker: requests, the queue of audit rows, and the clock. Wiring alone; the rules are in the packages.
import { consumeAuditBatch } from './audit/consumer.ts';
import { consumeDeadLetters, DEAD_LETTERS } from './audit/dead-letters.ts';
import type { Env } from './env.ts';
import { app } from './http/app.ts';
import { isolateOf } from './isolate.ts';
import { JOBS, runSchedule } from './schedule.ts';

export { AuditLog } from './audit/audit-log.ts';

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    const { database, keyring } = await isolateOf(env);
    if (batch.queue === DEAD_LETTERS)
      await consumeDeadLetters(batch, { database, keyring, queue: env.AUDIT_QUEUE });
    else await consumeAuditBatch(batch, { database, auditLog: env.AUDIT_LOG });
  },

  async scheduled(_, env) {
    await runSchedule(JOBS, { env, isolate: await isolateOf(env) });
  },
} satisfies ExportedHandler<Env>;
