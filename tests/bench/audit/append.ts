// How many events a second the real Durable Object takes, durably, while it publishes checkpoints each second.
import { processorNanoseconds } from '../process/processor-time.ts';
import { bundleSalus, modulesOf, newKeys, runWorker, salusBindings } from '../system/salus.ts';
import { bundled, COMPATIBILITY_DATE } from '../workerd.ts';

export interface Appended {
  readonly batches: number;
  readonly perSecond: number;
  /** Of workerd, driver included, for one event; null where the system does not tell. */
  readonly processorMicroseconds: number | null;
  /** Checkpoints that were seen in the meantime, of different sizes. */
  readonly checkpoints: number;
  readonly seconds: number;
}

interface Answer {
  readonly appended: number;
  readonly next: number;
  readonly milliseconds: number;
}

const ORGANIZATION = '019abc00-0000-7000-8000-0000000000aa';
/** How often the checkpoint is looked at, in milliseconds. */
const LOOK_EVERY = 250;
/** Longest wait for what was appended last to be published. */
const PUBLISHED_WITHIN = 60_000;

export async function measureAppend(seconds: number, batchesAtOnce: readonly number[]): Promise<Appended[]> {
  const { url, pid, stop } = await startLog();
  const ask = async <T>(query: Record<string, string>): Promise<T> => {
    const answer = await fetch(`${url}/?${new URLSearchParams({ organization: ORGANIZATION, ...query })}`);
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as T; // what append-worker.ts answers
  };
  const publishedSize = async () => (await ask<{ size: number }>({ size: '' })).size;
  let next = 0;
  const append = async (milliseconds: number, batches: number) => {
    const query = { milliseconds: String(milliseconds), batches: String(batches), from: String(next) };
    const answer = await ask<Answer>(query);
    next = answer.next;
    return answer;
  };
  const measure = async (batches: number): Promise<Appended> => {
    const sizes = new Set<number>();
    const looking = setInterval(() => void publishedSize().then((size) => sizes.add(size)), LOOK_EVERY);
    const before = processorNanoseconds(pid);
    const { appended, milliseconds } = await append(1000 * seconds, batches);
    const after = processorNanoseconds(pid);
    clearInterval(looking);
    return {
      batches,
      perSecond: (1000 * appended) / milliseconds,
      processorMicroseconds: before === null || after === null ? null : (after - before) / 1000 / appended,
      checkpoints: sizes.size,
      seconds: milliseconds / 1000,
    };
  };
  try {
    await append(500, 1);
    const measured: Appended[] = [];
    for (const batches of batchesAtOnce) measured.push(await measure(batches));
    await untilPublished(publishedSize, next);
    return measured;
  } finally {
    await stop();
  }
}

/** @throws Error when what was appended is not published: then the rate was of something else */
async function untilPublished(publishedSize: () => Promise<number>, size: number): Promise<void> {
  const until = Date.now() + PUBLISHED_WITHIN;
  while ((await publishedSize()) !== size) {
    if (Date.now() > until) throw new Error('the log does not show what was appended');
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** The driver and, behind it, the Worker as it is deployed, whose database is never asked. */
async function startLog() {
  const keys = await newKeys();
  const shared = { compatibilityDate: COMPATIBILITY_DATE, r2Buckets: { LOG: 'log' } };
  return runWorker({
    workers: [
      {
        ...shared,
        name: 'driver',
        modules: true,
        script: await bundled(new URL('append-worker.ts', import.meta.url)),
        durableObjects: { AUDIT_LOG: { className: 'AuditLog', scriptName: 'salus', useSQLite: true } },
      },
      {
        ...shared,
        ...modulesOf(await bundleSalus()),
        name: 'salus',
        bindings: salusBindings(keys, {
          DATABASE_URL: 'postgres://salus_app:none@127.0.0.1/postgres',
          DATABASE_ENDPOINT: 'http://127.0.0.1:9/sql',
        }),
        durableObjects: { AUDIT_LOG: { className: 'AuditLog', useSQLite: true } },
        queueProducers: { AUDIT_QUEUE: 'salus-audit' },
      },
    ],
  });
}
