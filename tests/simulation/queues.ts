// Cloudflare Queues: at least once, in no order, and not for ever. A message that was taken and neither acknowledged nor
// given back comes again; one that came too often goes to the dead letter queue.
import type { Faults } from './faults.ts';
import type { QueueMessage } from './worker-program.ts';
import type { Actor, World } from './world.ts';

/** As in wrangler.toml: milliseconds until a retry. */

const RETRY_DELAY = 10_000;
const BATCH_AT_MOST = 100;

export const AUDIT = 'salus-audit';
const DEAD_LETTERS = 'salus-audit-dead-letter';

/** Retries, by queue, as in wrangler.toml. */
const RETRIES_AT_MOST: Readonly<Record<string, number>> = { [AUDIT]: 20, [DEAD_LETTERS]: 100 };

interface Waiting {
  readonly id: string;
  readonly queue: string;
  readonly body: unknown;
  readonly sentAt: number;
  attempts: number;
  availableAt: number;
  /** With a consumer at the moment. */
  taken: boolean;
}

export interface Batch {
  readonly queue: string;
  readonly messages: readonly QueueMessage[];
  /** What the consumer has said, once it has ended well; `undefined` when it ended badly: all of it comes again. */
  settle(endedWell: boolean): void;
}

export interface Queues {
  readonly messages: readonly Waiting[];
  queueOf(actor: Actor): { sendBatch(messages: Iterable<{ body: unknown }>): Promise<void> };
  /** A message of another release, as there are during a deployment. */
  sendForeign(body: unknown): void;
  available(): string[];
  nextAvailable(): number | null;
  take(queue: string): Batch;
  loseOne(): void;
  /** How many messages have become dead letters. */
  readonly dead: number;
}

export interface QueuesOptions {
  readonly world: World;
  readonly faults: Faults;
  /** Told of every message that a consumer has acknowledged, as soon as it has. */
  readonly acknowledged: (queue: string, body: unknown) => void;
  /** Told of every message that has become a dead letter. */
  readonly died: (body: unknown) => void;
}

export function createQueues({ world, faults, acknowledged, died }: QueuesOptions): Queues {
  let messages: Waiting[] = [];
  let dead = 0;
  let sent = 0;

  function store(queue: string, body: unknown): void {
    const copies = faults.happens('a message is delivered twice') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      sent += 1;
      const late = faults.happens('a message is late') ? world.random.below(120_000) : 0;
      messages.push({
        id: String(sent),
        queue,
        body: JSON.parse(JSON.stringify(body)),
        sentAt: world.now(),
        attempts: 0,
        availableAt: world.now() + late,
        taken: false,
      });
    }
  }

  function again(message: Waiting): void {
    message.taken = false;
    message.availableAt = world.now() + RETRY_DELAY;
    if (message.attempts <= (RETRIES_AT_MOST[message.queue] ?? 0)) return;
    messages = messages.filter((other) => other !== message);

    if (message.queue === AUDIT) {
      dead += 1;
      died(message.body);
      store(DEAD_LETTERS, message.body);
    }
  }

  function settle(message: Waiting, said: 'ack' | 'retry' | undefined, endedWell: boolean): void {
    const forgotten =
      endedWell && said !== 'retry' && faults.happens('the queue forgets that it was acknowledged');
    if (!endedWell || said === 'retry' || forgotten) again(message);
    else messages = messages.filter((other) => other !== message);
  }

  const isAvailable = ({ taken, availableAt }: Waiting) => !taken && availableAt <= world.now();

  return {
    get messages() {
      return messages;
    },
    get dead() {
      return dead;
    },
    queueOf: (actor) => ({
      sendBatch(list) {
        const bodies = [...list].map(({ body }) => body);
        const send = () => {
          if (faults.happens('queue.send fails')) throw new Error('queue.send failed');
          for (const body of bodies) store(AUDIT, body);
          if (faults.happens('queue.send fails, but the message is there'))
            throw new Error('queue.send timed out');
        };
        return world.effect(actor, `send ${bodies.length}`, send, { outlives: true });
      },
    }),
    sendForeign: (body) => store(AUDIT, body),
    available: () => [...new Set(messages.filter(isAvailable).map(({ queue }) => queue))],
    nextAvailable() {
      const times = messages.filter(({ taken }) => !taken).map(({ availableAt }) => availableAt);
      return times.length === 0 ? null : Math.min(...times);
    },
    take(queue) {
      const ready = world.random.shuffled(
        messages.filter((message) => message.queue === queue && isAvailable(message)),
      );
      const batch = ready.slice(0, 1 + world.random.below(Math.min(ready.length, BATCH_AT_MOST)));
      const said = new Map<Waiting, 'ack' | 'retry'>();
      for (const message of batch) {
        message.taken = true;
        message.attempts += 1;
      }
      return {
        queue,
        messages: batch.map((message) => ({
          id: message.id,
          timestamp: new Date(message.sentAt),
          body: structuredClone(message.body),
          attempts: message.attempts,
          // The first word counts.
          ack() {
            if (said.has(message)) return;
            said.set(message, 'ack');
            acknowledged(queue, message.body);
          },
          retry() {
            if (!said.has(message)) said.set(message, 'retry');
          },
        })),
        settle(endedWell) {
          for (const message of batch) {
            // What ended well, and was not spoken of, counts as acknowledged.
            if (endedWell && !said.has(message)) acknowledged(queue, message.body);
            settle(message, said.get(message), endedWell);
          }
        },
      };
    },
    loseOne() {
      const [lost] = world.random.shuffled(messages.filter(({ taken, queue }) => !taken && queue === AUDIT));
      messages = messages.filter((message) => message !== lost);
    },
  };
}
