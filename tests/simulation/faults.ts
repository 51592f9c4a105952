// What can go wrong, and how likely each is in one run: the seed says. In half of the runs a fault does not happen at all,
// so that it is also seen what the others do alone.
import type { Random } from './random.ts';

const LIKELY = {
  'cut before a statement': 0.06,
  'cut after COMMIT': 0.06,
  'control plane fails': 0.04,
  'another transaction goes first': 0.3,
  'queue.send fails': 0.15,
  'queue.send fails, but the message is there': 0.1,
  'a message is lost': 0.03,
  'a message is delivered twice': 0.1,
  'a message is late': 0.3,
  'a message of another version': 0.02,
  'the queue forgets that it was acknowledged': 0.06,
  'an isolate ends': 0.02,
  'a Durable Object ends': 0.03,
  'a call of a Durable Object is lost': 0.05,
  'an entry cannot be written': 0.02,
  'a put fails': 0.08,
  'a put fails, but the object is there': 0.06,
  'a put fails, and the object is there much later': 0.08,
  'a get fails': 0.05,
  'several at once': 0.25,
  'a request is lost': 0.03,
  'an answer is lost': 0.03,
  'a clock jumps': 0.02,
  'a clock stands still': 0.02,
  'a cron run is left out': 0.2,
  'the key service is down': 0.1,
  'a Durable Object is rolled back': 0.004,
} as const;

export type Fault = keyof typeof LIKELY;

const FAULTS = Object.keys(LIKELY) as readonly Fault[]; // the keys of the table above

/** After this one a log does not go on by itself, and should not. */
export const DISASTER: Fault = 'a Durable Object is rolled back';

export interface Faults {
  happens(fault: Fault): boolean;
  /** How often each has happened. */
  readonly counts: Map<Fault, number>;
  /** From here on nothing goes wrong any more. */
  stop(): void;
}

/** @param only when given, these and no others */
export function createFaults(random: Random, only?: readonly Fault[]): Faults {
  const probabilities = new Map<Fault, number>();
  for (const fault of FAULTS) {
    const drawn = random.happens(fault === DISASTER ? 0.125 : 0.5)
      ? LIKELY[fault] * 2 * random.fraction()
      : 0;
    probabilities.set(fault, only ? (only.includes(fault) ? 2 * LIKELY[fault] : 0) : drawn);
  }
  const counts = new Map<Fault, number>();
  let stopped = false;
  return {
    counts,
    happens(fault) {
      const happens = random.happens(probabilities.get(fault) ?? 0) && !stopped;
      if (happens) counts.set(fault, (counts.get(fault) ?? 0) + 1);
      return happens;
    },
    stop() {
      stopped = true;
    },
  };
}
