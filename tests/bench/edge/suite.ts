// `pnpm bench edge`: a simulation, from published latencies, of what callers on five continents would wait.
import type { Size } from '../arguments.ts';
import type { Outcome } from '../outcome.ts';
import type { Suite } from '../suite.ts';
import { PLACE_NAMES } from './latencies.ts';
import {
  ASSUMPTIONS,
  CALLS,
  type CallName,
  DEPLOYMENTS,
  type Deployment,
  simulate,
  type Waits,
} from './model.ts';
import { seeded } from './random.ts';

const SEED = 20_261_124;

const SAMPLES: Readonly<Record<Size, number>> = { quick: 2_000, default: 20_000, full: 200_000 };

export const edgeSuite: Suite = {
  title: 'a model of callers on five continents and one primary in N. Virginia',
  seconds: { quick: 1, default: 3, full: 20 },
  async run(size): Promise<Outcome> {
    return outcomeOf(simulate(ASSUMPTIONS, SAMPLES[size], seeded(SEED)));
  },
};

const CALL_NAMES = Object.keys(CALLS) as CallName[]; // the keys of the table
const DEPLOYMENT_NAMES = Object.keys(DEPLOYMENTS) as Deployment[]; // the keys of the table

function outcomeOf(waits: readonly Waits[]): Outcome {
  const find = (place: string, call: string, deployment: Deployment) =>
    waits.find((one) => one.place === place && one.call === call && one.deployment === deployment);
  return {
    tables: CALL_NAMES.map((call) => ({
      title: `${call}: p50 / p99 in milliseconds`,
      columns: ['caller in', ...DEPLOYMENT_NAMES.map((name) => DEPLOYMENTS[name])],
      rows: PLACE_NAMES.map((place) => [
        place,
        ...DEPLOYMENT_NAMES.map((deployment) => {
          const found = find(place, call, deployment);
          return found ? `${found.p50.toFixed(0)} / ${found.p99.toFixed(0)}` : null;
        }),
      ]),
    })),
    plots: CALL_NAMES.map((call) => ({
      kind: 'bars',
      title: `${call}: p50 in milliseconds`,
      x: '',
      y: 'ms',
      series: DEPLOYMENT_NAMES.map((deployment) => ({
        name: DEPLOYMENTS[deployment],
        points: PLACE_NAMES.map((place) => [place, find(place, call, deployment)?.p50 ?? null]),
      })),
    })),
    targets: [],
    notes: [
      `A simulation (seed ${SEED}), not a measurement; latencies and their sources are in tests/bench/edge/latencies.ts.`,
      'A call that goes to the database once takes as long from the edge as from a central server: it must cross the distance once either way. The edge wins what never needs the database, and each new connection.',
      'Signing in goes there four times, and is better placed near the database (Smart Placement, which acts by itself on Workers with several round trips).',
      'Reads from a replica would show no session that ended, nor care team that changed, within the replication delay: today every read is decided by the primary. The audit record would be durable in the queue and not yet in the database.',
    ],
    measured: { assumptions: ASSUMPTIONS, seed: SEED, waits },
  };
}
