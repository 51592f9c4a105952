// One run: a seed, the Worker's own program, and everything around it that can fail. Every turn is chosen by the seed; what
// must always be true is looked at after each. At the end the faults stop, and everything has to come out right.
import { KeyProviderError } from '@salus/crypto';
import { type Callers, createCallers } from './callers.ts';
import { createDatabase } from './database.ts';
import { createDurableObjects } from './durable-object.ts';
import { expectAllIsWell } from './end-of-run.ts';
import { createFaults, DISASTER, type Fault, type Faults } from './faults.ts';
import type { Guard } from './guards.ts';
import { createIsolates } from './isolates.ts';
import { createModel } from './model.ts';
import { createObjectStorage } from './object-storage.ts';
import type { Surroundings } from './platform.ts';
import { AUDIT, createQueues } from './queues.ts';
import { type OpenStage, STARTS_AT, type Stage } from './stage.ts';
import { createLogWatch } from './watch-log.ts';
import { createRecordWatch } from './watch-records.ts';
import type { WorkerProgram } from './worker-program.ts';
import { type Actor, createWorld, Violation, type World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  /** Turns before the faults stop. */
  readonly steps: number;
  readonly stage: Stage;
  readonly program: WorkerProgram;
  /** When given, these faults and no others. */
  readonly faults?: readonly Fault[];
  /** A guard of the database that is switched off. */
  readonly without?: Guard;
}

export interface Run {
  readonly seed: number;
  /** Turns that were taken, in all. */
  readonly steps: number;
  /** What did not hold, and at which turn. */
  readonly violation: { readonly step: number; readonly invariant: string } | null;
  readonly faults: ReadonlyMap<Fault, number>;
  readonly reports: ReadonlyMap<string, number>;
  readonly events: number;
  readonly trace: readonly string[];
}

/** Everything that a run is made of. */
export interface Simulation {
  readonly world: World;
  readonly faults: Faults;
  readonly callers: Callers;
  readonly model: ReturnType<typeof createModel>;
  readonly queues: ReturnType<typeof createQueues>;
  readonly isolates: ReturnType<typeof createIsolates>;
  readonly durableObjects: ReturnType<typeof createDurableObjects>;
  readonly logs: ReturnType<typeof createLogWatch>;
  readonly records: ReturnType<typeof createRecordWatch>;
  readonly opened: OpenStage;
  readonly stage: Stage;
  /** What was found since the last turn. */
  readonly found: unknown[];
  /** Events whose messages were acknowledged since the last turn. */
  readonly acknowledged: string[];
  nextCron: number;
}

export async function run(options: RunOptions): Promise<Run> {
  const { seed, steps, stage, program, faults: only, without } = options;
  const opened = await stage.open(without);
  const world = createWorld({ seed, start: STARTS_AT });
  const faults = createFaults(world.random, only);
  const { simulation, close } = assemble({ world, faults, stage, opened, program });
  let violation: Run['violation'] = null;
  let turns = 0;
  const look = async (work: () => Promise<unknown>) => {
    await work();
    await check(simulation);
  };
  try {
    while (turns < steps) {
      await look(() => turn(simulation));
      turns += 1;
    }
    faults.stop();
    turns += await expectAllIsWell(simulation, look);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = { step: turns, invariant: error.message };
  } finally {
    await close();
  }
  const { reports, trace } = world;
  const events = [...simulation.logs.logs.values()].reduce((sum, { ids }) => sum + ids.length, 0);
  return { seed, steps: turns, violation, faults: faults.counts, reports, events, trace };
}

interface Parts {
  readonly world: World;
  readonly faults: Faults;
  readonly stage: Stage;
  readonly opened: OpenStage;
  readonly program: WorkerProgram;
}

function assemble({ world, faults, stage, opened, program }: Parts): {
  simulation: Simulation;
  close: () => Promise<void>;
} {
  const { organizations, accounts, bindings } = stage;
  const found: unknown[] = [];
  const acknowledged: string[] = [];
  const model = createModel(world);
  const records = createRecordWatch({ world, owner: opened.owner, organizations });
  const database = createDatabase({ world, faults, ...opened, committed: (task) => records.committed(task) });
  const logs = createLogWatch({
    world,
    origin: bindings.LOG_ORIGIN ?? '',
    seed: Buffer.from(bindings.LOG_SIGNING_KEY ?? '', 'base64'),
    read: (key) => storage.objects.get(key)?.bytes ?? null,
  });
  const storage = createObjectStorage({ world, faults, written: (key, bytes) => logs.written(key, bytes) });
  const queues = createQueues({
    world,
    faults,
    acknowledged(queue, body) {
      const event = eventIn(body);
      if (queue === AUDIT && event) acknowledged.push(event.id);
    },
    died(body) {
      const event = eventIn(body);
      const hasStopped = [...logs.logs.values()].some(
        ({ name, rolledBack }) => rolledBack && event && name.startsWith(event.organizationId),
      );
      if (event && !hasStopped) found.push(new Violation('a message died that could have been delivered'));
    },
  });
  const surroundings = (actor: Actor, task: object | null = null): Surroundings => ({
    world,
    actor,
    task,
    fetch: database.fetch,
    keyService: (of, work) =>
      world.effect(of, 'key service', () => {
        if (faults.happens('the key service is down')) throw new KeyProviderError('unavailable');
        return work();
      }),
  });
  const environment = (actor: Actor) => ({
    ...bindings,
    DATABASE_URL: opened.url,
    AUDIT_QUEUE: queues.queueOf(actor),
    AUDIT_LOG: durableObjects.namespaceOf(actor),
    LOG: storage.bucketOf(actor),
  });
  const durableObjects = createDurableObjects({
    world,
    faults,
    program,
    surroundings,
    environment,
    flushed: (name, sqlite) => logs.flushed(name, sqlite),
  });
  const answered = (request: Request, answer: Parameters<typeof records.answered>[1]) =>
    records.answered(request, answer);
  const isolates = createIsolates({ world, faults, program, surroundings, environment, answered });
  const callers = createCallers({ world, model, isolates, accounts, failed: (error) => found.push(error) });
  const simulation: Simulation = {
    ...{ world, faults, callers, model, queues, isolates, durableObjects, logs, records, opened, stage },
    ...{ found, acknowledged, nextCron: STARTS_AT },
  };
  const close = async () => {
    await database.close();
    await opened.close();
  };
  return { simulation, close };
}

/** The event of a message, unless it is one of another release. */
function eventIn(body: unknown): { readonly id: string; readonly organizationId: string } | undefined {
  const { v, row } = body as { v?: unknown; row?: { id: string; organizationId: string } }; // as message.ts makes it
  return v === 1 ? row : undefined;
}

const MINUTE = 60_000;

/** What can be next, each as likely as its weight says. */
async function turn(simulation: Simulation): Promise<void> {
  const { world, callers, queues, isolates, durableObjects, faults } = simulation;
  const { random } = world;
  disturb(simulation);
  const due = durableObjects.dueAlarms();
  const available = queues.available();
  const choices = [
    { weight: world.effects.length > 0 ? 14 : 0, take: () => performSome(simulation) },
    { weight: callers.underWay < 8 ? 4 : 0, take: async () => callers.start() },
    { weight: due.length > 0 ? 3 : 0, take: () => durableObjects.alarm(random.oneOf(due)) },
    {
      weight: available.length > 0 ? 3 : 0,
      take: () => isolates.consume(queues.take(random.oneOf(available))),
    },
    { weight: simulation.nextCron <= world.now() ? 4 : 0, take: () => cron(simulation) },
    { weight: 1, take: async () => world.pass(random.below(500)) },
    // With calls under way, so that they run into their deadlines; mostly when nothing is.
    { weight: world.effects.length > 2 ? 0.05 : 1, take: async () => world.pass(random.below(MINUTE)) },
  ];
  const before = world.trace.length;
  await random.weighted(choices).take();
  await world.quiet();
  if (world.trace.length === before) world.trace.push('time passes');
  if (faults.happens('a message is lost')) queues.loseOne();
  world.pass(random.below(20));
}

export async function performSome({ world, faults, stage }: Simulation): Promise<void> {
  const { effects, random, trace } = world;
  const count = faults.happens('several at once') ? 2 + random.below(3) : 1;
  // Mostly the oldest, so that calls come to an end.
  const chosen = Array.from({ length: count }, () =>
    random.happens(0.6) ? effects[0] : effects[random.below(effects.length)],
  );
  for (const effect of new Set(chosen)) {
    if (!effect || !effects.includes(effect)) continue;
    trace.push(named(stage, `${effect.actor.name}: ${effect.label}`));
    await world.perform(effect);
  }
  await world.quiet();
}

/** With `clinic 1` for an organization's id, which is another one each time. */
function named({ organizations }: Stage, text: string): string {
  return organizations.reduce((line, id, at) => line.replaceAll(id, `clinic ${at + 1}`), text);
}

export async function cron(simulation: Simulation): Promise<void> {
  simulation.nextCron += MINUTE * (1 + Math.floor((simulation.world.now() - simulation.nextCron) / MINUTE));
  if (simulation.faults.happens('a cron run is left out')) return;
  simulation.world.trace.push('cron');
  await simulation.isolates.cron();
}

function disturb({ world, faults, isolates, durableObjects, queues, logs, stage }: Simulation): void {
  const { random, trace } = world;
  const happens = (fault: Fault) => {
    const does = faults.happens(fault);
    if (does) trace.push(fault);
    return does;
  };
  if (happens('an isolate ends')) isolates.endOne();
  if (happens('a clock jumps')) isolates.disturbClock('jumps');
  if (happens('a clock stands still')) isolates.disturbClock('stands still');
  if (happens('a message of another version'))
    queues.sendForeign({ v: 2, row: { id: random.below(1_000_000) } });
  const running = durableObjects.running();
  if (running.length === 0) return;
  const name = random.oneOf(running);
  if (happens('a Durable Object ends')) durableObjects.end(name);
  if (random.happens(0.01)) durableObjects.backup(name);
  // The platform's own log is left alone, so that not everything stands still after a disaster.
  const isTenants = stage.organizations.some((organizationId) => name.startsWith(organizationId));
  if (isTenants && happens(DISASTER) && durableObjects.rollBack(name)) logs.rolledBack(name);
}

async function check({ found, acknowledged, world, records, logs }: Simulation): Promise<void> {
  const [first] = found.splice(0);
  if (first !== undefined) throw first;
  const ids = acknowledged.splice(0);
  for (const id of ids) {
    const isDurable = [...logs.logs.keys()].some((name) => logs.indexOf(name, id) !== undefined);
    const mayBeLost = [...logs.logs.values()].some(({ rolledBack }) => rolledBack);
    world.require(
      isDurable || mayBeLost,
      'a message was acknowledged before its event was durable in the log',
    );
  }
  await records.noted(ids);
}
