// How many events a second the real Durable Object takes, durably, while it publishes checkpoints each second.
import { processorNanoseconds } from '../process/processor-time.ts';
import { bundleSalus, modulesOf, newKeys, runWorker, salusBindings } from '../system/salus.ts';
import { bundled, COMPATIBILITY_DATE } from '../workerd.ts';

export interface Appended {
  /** Events a second that were offered, and that were taken. */
  readonly offered: number;
  readonly perSecond: number;
  /** Of workerd, driver included, for one event; null where the system does not tell. */
  readonly processorMicroseconds: number | null;
  /** Longest time between two checkpoints while events came, in seconds. */
  readonly longestPause: number;
  /** How long after the last event the log showed all of them, in seconds. */
  readonly behind: number;
  /** All that was offered was taken, and checkpoints came each second or hardly later. */
  readonly isSustained: boolean;
}

interface Answer {
  readonly appended: number;
  readonly milliseconds: number;
}

const ORGANIZATION = '019abc00-0000-7000-8000-0000000000aa';
/** How often the checkpoint is looked at, in milliseconds. */
const LOOK_EVERY = 100;
/** Longest wait for what was appended last to be published. */
const PUBLISHED_WITHIN = 120_000;
/** What still counts as each second: the log waits one, and then has to write. In seconds. */
const PAUSE_AT_MOST = 2.5;

/** @param rates events a second, rising; the first that is not sustained is the last that is tried */
export async function measureAppend(seconds: number, rates: readonly number[]): Promise<Appended[]> {
  const { url, pid, stop } = await startLog();
  const ask = async <T>(query: Record<string, string>): Promise<T> => {
    const answer = await fetch(`${url}/?${new URLSearchParams({ organization: ORGANIZATION, ...query })}`);
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as T; // what append-worker.ts answers
  };
  const publishedSize = async () => (await ask<{ size: number }>({ size: '' })).size;
  let next = 0;
  const append = async (perSecond: number, milliseconds: number): Promise<Answer> => {
    const query = { perSecond: String(perSecond), milliseconds: String(milliseconds), from: String(next) };
    const answer = await ask<Answer>(query);
    next += answer.appended;
    return answer;
  };
  const measure = async (offered: number): Promise<Appended> => {
    const watch = watchSize(publishedSize);
    const before = processorNanoseconds(pid);
    const { appended, milliseconds } = await append(offered, 1000 * seconds);
    const after = processorNanoseconds(pid);
    const longestPause = await watch.end();
    const ended = performance.now();
    await untilPublished(publishedSize, next);
    const behind = (performance.now() - ended) / 1000;
    const perSecond = (1000 * appended) / milliseconds;
    return {
      offered,
      perSecond,
      processorMicroseconds: before === null || after === null ? null : (after - before) / 1000 / appended,
      longestPause,
      behind,
      isSustained: perSecond >= 0.98 * offered && Math.max(longestPause, behind) <= PAUSE_AT_MOST,
    };
  };
  try {
    await append(500, 1_000);
    await untilPublished(publishedSize, next);
    const measured: Appended[] = [];
    for (const rate of rates) {
      measured.push(await measure(rate));
      if (!measured.at(-1)?.isSustained) break;
    }
    return measured;
  } finally {
    await stop();
  }
}

/** Looks at the checkpoint again and again, and says in the end for how many seconds at most it stood still. */
function watchSize(publishedSize: () => Promise<number>): { end(): Promise<number> } {
  let isOver = false;
  let longest = 0;
  const watching = (async () => {
    let size = await publishedSize();
    let since = performance.now();
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
      const now = await publishedSize();
      longest = Math.max(longest, performance.now() - since);
      if (now === size) continue;
      size = now;
      since = performance.now();
    }
    return longest / 1000;
  })();
  return {
    end() {
      isOver = true;
      return watching;
    },
  };
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
