// The deployed Worker with its bindings behind doors that a test can shut: the queue, the Durable Object, the bucket. The
// Worker's own module is not touched; this one stands before it, and hands each handler what the platform gave, or a fault.

export type FaultyBinding = 'queue' | 'log' | 'bucket';

/** `fails`: throws. `hangs`: never answers. */
export type BindingFault = 'fails' | 'hangs' | null;

/** Below no route of the Worker's own. */
const DOORS = '/doors-of-tests';

/** The entry module, in the place of `index.js`. */
export const FAULTY_ENTRY = `
import worker, { AuditLog as Log } from './index.js';
export * from './index.js';

const faults = { queue: null, log: null, bucket: null };

async function through(binding, work) {
  if (faults[binding] === 'hangs') await new Promise(() => undefined);
  if (faults[binding] === 'fails') throw new Error(binding + ' is out of order');
  return work();
}

const behindDoor = (binding, target) =>
  new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? (...given) => through(binding, () => value.apply(target, given)) : value;
    },
  });

const environments = new WeakMap();
function environmentOf(env) {
  const known = environments.get(env);
  if (known) return known;
  const made = { ...env, AUDIT_QUEUE: behindDoor('queue', env.AUDIT_QUEUE), LOG: behindDoor('bucket', env.LOG) };
  environments.set(env, made);
  return made;
}

export class AuditLog extends Log {
  constructor(context, env) {
    super(context, environmentOf(env));
  }
  append(...given) {
    return through('log', () => super.append(...given));
  }
}

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname !== '${DOORS}') return worker.fetch(request, environmentOf(env), context);
    Object.assign(faults, await request.json());
    return new Response();
  },
  queue: (batch, env, context) => worker.queue(batch, environmentOf(env), context),
  scheduled: (controller, env, context) => worker.scheduled(controller, environmentOf(env), context),
};
`;

/** Opens every door, but for those that are named. */
export async function shut(
  system: { readonly url: string },
  faults: Partial<Record<FaultyBinding, BindingFault>> = {},
): Promise<void> {
  const all = { queue: null, log: null, bucket: null, ...faults };
  const answer = await fetch(new URL(DOORS, system.url), { method: 'POST', body: JSON.stringify(all) });
  if (!answer.ok) throw new Error('this system has no doors: start it with `faulty`');
}
