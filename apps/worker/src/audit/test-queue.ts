// The real queue, with an ear on it.
import { env } from 'cloudflare:workers';
import type { AuditRow } from '@salus/audit';
import { auditMessage } from './message.ts';

export interface HeardQueue {
  readonly queue: Queue;
  /** What it has taken, a send at a time. */
  readonly batches: unknown[][];
}

export function heardQueue(): HeardQueue {
  const batches: unknown[][] = [];
  const queue = new Proxy(env.AUDIT_QUEUE, {
    get: (target, name) =>
      name === 'sendBatch'
        ? async (messages: MessageSendRequest[]) => {
            const answer = await target.sendBatch(messages);
            batches.push(messages.map(({ body }) => JSON.parse(JSON.stringify(body))));
            return answer;
          }
        : Reflect.get(target, name),
  });
  return { queue, batches };
}

export function rowsOf(batches: readonly unknown[][]): AuditRow[] {
  return batches.flat().map((body) => auditMessage.parse(body).row);
}
