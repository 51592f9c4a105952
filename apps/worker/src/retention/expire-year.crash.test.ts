// The job that ends a year, killed at each of its steps: before the step took effect, and after.
import { env } from 'cloudflare:workers';
import { connect } from '@salus/db';
import { expect, inject, it } from 'vitest';
import { expireYear, type LogBindings } from './expire-year.ts';
import { DUE, startTrail, type TestTrail, YOUNG } from './test-year.ts';

const { endpoint, appUrl } = inject('database');
const database = connect({ url: appUrl, endpoint });

class Killed extends Error {}

type Mortal = <A extends unknown[], T>(work: (...given: A) => Promise<T>) => (...given: A) => Promise<T>;

/** Works, until step number `at`. */
function mortality(at: number, when: 'before' | 'after'): Mortal {
  let step = 0;
  return (work) =>
    async (...given) => {
      step += 1;
      const dies = step === at;
      if (dies && when === 'before') throw new Killed();
      const answer = await work(...given);
      if (dies) throw new Killed();
      return answer;
    };
}

/** Runs the job as the clock would until it is killed; tells whether it ended before. */
async function killed(trail: TestTrail, mortal: Mortal): Promise<boolean> {
  const bindings = mortalBindings(mortal);
  for (let minute = 0; minute < 5; minute++) {
    const run = trail.run({ transaction: mortal(database.transaction) });
    try {
      if ((await expireYear(run, bindings, DUE)) !== 'waiting') return true;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      await trail.deliver(run.waiting);
      await trail.deliverUnsent();
      return false;
    }
    await trail.deliver(run.waiting);
  }
  throw new Error('the job does not end');
}

function mortalBindings(mortal: Mortal): LogBindings {
  return {
    LOG_ORIGIN: env.LOG_ORIGIN,
    LOG_SIGNING_KEY: env.LOG_SIGNING_KEY,
    LOG: intercepting(env.LOG, ['put', 'list', 'delete'], mortal),
    AUDIT_LOG: new Proxy(env.AUDIT_LOG, {
      get: (namespace, name) =>
        name === 'getByName'
          ? (of: string) => intercepting(namespace.getByName(of), ['close', 'clear'], mortal)
          : Reflect.get(namespace, name),
    }),
  };
}

function intercepting<T extends object>(target: T, names: readonly string[], mortal: Mortal): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const method = async (...given: unknown[]) => Reflect.apply(value, target, given);
      return names.includes(String(name)) ? mortal(method) : method;
    },
  });
}

/** Of the twelve months that are counted, one after the other and with no effect, the last. */
const ALIKE = [2, 12] as const;

it('finishes when it is run again, and never verifies as anything but whole or deleted', {
  timeout: 120_000,
}, async () => {
  let steps = 0;
  for (let at = 1; steps === 0; at++) {
    if (at >= ALIKE[0] && at <= ALIKE[1]) continue;
    for (const when of ['before', 'after'] as const) {
      const { trail } = await startTrail();
      const ended = await killed(trail, mortality(at, when));
      const where = `killed ${when} step ${at}`;
      const [verdict, rows, leaves] = await trail.stateOf(DUE);
      expect(verdict, where).toMatch(/^(whole|deleted) 4$/);
      expect(rows, where).toBe(leaves);
      if (ended) steps = at - 1;
      else expect(await trail.untilOver(DUE), where).toBe('deleted');

      expect(await trail.stateOf(DUE), where).toEqual(['deleted 4', 0, 0]);
      expect(await trail.stateOf(YOUNG), where).toEqual(['whole 1', 1, 1]);
      expect(await trail.isDue(DUE), where).toBe(false);
      expect(await trail.eventsOfType('retention.expired'), where).toHaveLength(1);
    }
  }
  // To begin and twelve months to count, to close, certify and record; to begin again, ask, clear, list, delete and drop.
  expect(steps).toBeGreaterThan(20);
});
