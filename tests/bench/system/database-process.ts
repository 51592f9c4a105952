// A process of its own for the database, so that its work is not counted as an API's and does not hold up the load: a
// PostgreSQL with its default settings, fsync included; neon-local in front of it; and the proxy for those who speak
// PostgreSQL's own protocol. The parent tells it by messages how far away it is, and asks what went through.
import { startNeonLocal } from '@salus/neon-local';
import { startPostgres } from '@salus/neon-local/postgres';
import { startDelayingProxy } from './delaying-proxy.ts';

export interface Ready {
  readonly ready: { readonly ownerUrl: string; readonly neonUrl: string; readonly delayedPort: number };
}

export type Order =
  | { readonly latency: number }
  | { readonly count: 'reset' | 'read' }
  | { readonly stop: true };

export interface Counted {
  readonly counted: { readonly requests: number; readonly statements: number };
}

const postgres = await startPostgres({ settings: { max_connections: '200' } });
const upstream = { host: postgres.host, port: postgres.port };
const neonLocal = await startNeonLocal({ upstream });
const proxy = await startDelayingProxy(upstream);

const send = (message: Ready | Counted) => process.send?.(message);

const stop = async () => {
  proxy.close();
  await neonLocal.close();
  await postgres.stop();
  process.exit(0);
};

process.on('disconnect', stop);
process.on('message', (order: Order) => {
  if ('stop' in order) {
    void stop();
    return;
  }
  if ('latency' in order) {
    neonLocal.faults.latency(order.latency);
    proxy.latency(order.latency);
  } else if (order.count === 'reset') {
    neonLocal.resetCounters();
    proxy.counters.requests = 0;
    proxy.counters.statements = 0;
  }
  send({
    counted: {
      requests: neonLocal.counters.requests + proxy.counters.requests,
      statements: neonLocal.counters.statements + proxy.counters.statements,
    },
  });
});

send({ ready: { ownerUrl: postgres.url, neonUrl: neonLocal.url, delayedPort: proxy.port } });
