// What a caller on each continent would wait, for one primary in one place. A model and no measurement: round trips are
// counted, each at a published latency with noise around it, and the code's own time is added.
import { quantile } from '../quantiles.ts';
import { between, PLACE_NAMES, type Place, QUEUE_SEND, TO_THE_EDGE, WITHIN_A_PLACE } from './latencies.ts';
import { around, type Random } from './random.ts';

export const DEPLOYMENTS = {
  edge: 'Salus at the edge, as it is',
  central: 'the same code on a central server',
  placed: 'Salus, placed near the database',
  replica: 'replica reads, audit queued first',
} as const;

export type Deployment = keyof typeof DEPLOYMENTS;

/** What a caller does: how often it goes to the database, and whether it only reads. */
export const CALLS = {
  read: { roundTrips: 1, reads: true, requests: 1 },
  update: { roundTrips: 1, reads: false, requests: 1 },
  'sign in': { roundTrips: 4, reads: false, requests: 2 },
  /** Public, and kept by nobody but the Worker: even a refusal is recorded in the database. */
  'the key set': { roundTrips: 0, reads: true, requests: 1 },
} as const;

export type CallName = keyof typeof CALLS;

export interface Waits {
  readonly place: Place;
  readonly call: CallName;
  readonly deployment: Deployment;
  readonly p50: number;
  readonly p99: number;
}

export interface Assumptions {
  readonly primary: Place;
  /** Of the code, for a request, in milliseconds. */
  readonly codeTime: number;
  /** Of the database, for a round trip. */
  readonly databaseTime: number;
  /** How many requests come on a new connection, which TCP and TLS 1.3 take two round trips to make. */
  readonly newConnections: number;
  /** Of a network latency; of the log-normal distribution. */
  readonly networkSpread: number;
  readonly lastMileSpread: number;
}

export const ASSUMPTIONS: Assumptions = {
  primary: 'North America',
  codeTime: 3,
  databaseTime: 2,
  newConnections: 0.1,
  networkSpread: 0.08,
  lastMileSpread: 0.5,
};

const HANDSHAKE_ROUND_TRIPS = 2;

export function simulate(assumptions: Assumptions, samples: number, random: Random): Waits[] {
  return PLACE_NAMES.flatMap((place) =>
    (Object.keys(CALLS) as CallName[]).flatMap(
      (
        call, // the keys of the table
      ) =>
        (Object.keys(DEPLOYMENTS) as Deployment[]).map((deployment) => {
          const waits = Array.from({ length: samples }, () =>
            wait(place, call, deployment, assumptions, random),
          );
          return { place, call, deployment, p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) };
        }),
    ),
  );
}

function wait(
  place: Place,
  call: CallName,
  deployment: Deployment,
  { primary, codeTime, databaseTime, newConnections, networkSpread, lastMileSpread }: Assumptions,
  random: Random,
): number {
  const { roundTrips, reads, requests } = CALLS[call];
  const network = (median: number) => around(median, networkSpread, random);
  const lastMile = () => around(TO_THE_EDGE, lastMileSpread, random);
  const far = between(place, primary);
  const isFromReplica = deployment === 'replica' && reads && roundTrips > 0;

  // From the caller to where the code runs. At the edge connections end nearby, wherever the code runs.
  const codeIsFar = deployment === 'central' || deployment === 'placed';
  const toCode = () => lastMile() + (codeIsFar ? network(far) : 0);
  const handshake = () => {
    const once = () => lastMile() + (deployment === 'central' ? network(far) : 0);
    return random() < newConnections
      ? Array.from({ length: HANDSHAKE_ROUND_TRIPS }, once).reduce((a, b) => a + b)
      : 0;
  };
  const toDatabase = codeIsFar || isFromReplica ? WITHIN_A_PLACE : far;

  let sum = handshake();
  for (let request = 0; request < requests; request++) sum += toCode() + codeTime;
  for (let trip = 0; trip < roundTrips; trip++) sum += network(toDatabase) + databaseTime;
  // The event is durable in the queue before the answer, while the read goes on.
  if (isFromReplica)
    sum += Math.max(0, around(QUEUE_SEND, networkSpread, random) - toDatabase - databaseTime);
  return sum;
}
