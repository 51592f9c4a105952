// Isolates of the Worker: each has the program's state of its own, a clock of its own, and can end at any moment, with
// everything that it was doing.
import type { Faults } from './faults.ts';
import { type Surroundings, within } from './platform.ts';
import type { Batch } from './queues.ts';
import type { ExecutionContext, WorkerProgram } from './worker-program.ts';
import { type Actor, lastingActor, type World } from './world.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Isolate {
  readonly actor: Actor;
  readonly environment: object;
  /** What to do when it ends in the middle of its work. */
  readonly onEnd: Set<() => void>;
}

export interface Isolates {
  /** Null when no answer came: whether anything was done is not known. */
  fetch(request: Request): Promise<Answer | null>;
  consume(batch: Batch): Promise<void>;
  cron(): Promise<void>;
  endOne(): void;
  /** Clocks jump by up to ten minutes, or stand still. */
  disturbClock(kind: 'jumps' | 'stands still'): void;
  mendClocks(): void;
}

export interface IsolatesOptions {
  readonly world: World;
  readonly faults: Faults;
  readonly program: WorkerProgram;
  readonly surroundings: (actor: Actor, task?: object) => Surroundings;
  readonly environment: (actor: Actor) => object;
  /** Told of each answer before whoever asked sees it. */
  readonly answered: (request: Request, answer: Answer) => Promise<void>;
}

const AT_ONCE = 2;
const JUMP = 10 * 60_000;

export function createIsolates(options: IsolatesOptions): Isolates {
  const { world, faults, program, surroundings, environment, answered } = options;
  const isolates: Isolate[] = [];
  const internet = lastingActor('internet');
  let started = 0;

  function start(): Isolate {
    started += 1;
    const actor = lastingActor(`isolate #${started}`);
    const isolate = { actor, environment: environment(actor), onEnd: new Set<() => void>() };
    isolates.push(isolate);
    return isolate;
  }

  const one = () => (isolates.length < AT_ONCE ? start() : world.random.oneOf(isolates));

  function run<T>({ actor }: Isolate, work: () => Promise<T>, task?: object): Promise<T> {
    return within(surroundings(actor, task), work);
  }

  function context(isolate: Isolate): ExecutionContext {
    return {
      waitUntil: (work) => {
        // What is waited for is among the effects; what it comes to is nobody's concern.
        run(isolate, async () => work).catch(() => undefined);
      },
      passThroughOnException: () => undefined,
    };
  }

  /** Calls back once, whether the work ends or the isolate does. */
  function settleOnce(isolate: Isolate, settle: (ended: boolean) => void): () => void {
    let open = true;
    const once = (ended: boolean) => {
      if (open) settle(ended);
      open = false;
    };
    const end = () => once(false);
    isolate.onEnd.add(end);
    return () => {
      isolate.onEnd.delete(end);
      once(true);
    };
  }

  function handle(request: Request, resolve: (answer: Answer | null) => void): void {
    if (faults.happens('a request is lost')) {
      world.release(() => resolve(null));
      return;
    }
    const isolate = one();
    let answer: Answer | null = null;
    const settle = settleOnce(isolate, (ended) => resolve(ended ? answer : null));
    const work = async () => {
      const response = await program.default.fetch(request, isolate.environment, context(isolate));
      return { status: response.status, headers: response.headers, text: await response.text() };
    };
    const answerTo = (whole: Answer) =>
      world.schedule({
        actor: isolate.actor,
        label: `answer ${whole.status}`,
        outlives: false,
        async perform() {
          await answered(request, whole);
          answer = faults.happens('an answer is lost') ? null : whole;
          world.release(settle);
        },
      });
    world.release(() => {
      run(isolate, work, request).then(answerTo);
    });
  }

  return {
    fetch: (request) =>
      new Promise((resolve) => {
        const label = `request ${new URL(request.url).pathname}`;
        world.schedule({ actor: internet, label, outlives: false, perform: () => handle(request, resolve) });
      }),

    async consume(batch) {
      const isolate = one();
      const settle = settleOnce(isolate, (ended) => {
        if (!ended) batch.settle(false);
      });
      const end = (endedWell: boolean) =>
        world.schedule({
          actor: isolate.actor,
          label: `batch of ${batch.messages.length} ${endedWell ? 'ends' : 'fails'}`,
          outlives: false,
          perform() {
            settle();
            batch.settle(endedWell);
          },
        });
      run(isolate, () => program.default.queue(batch, isolate.environment, context(isolate))).then(
        () => end(true),
        () => end(false),
      );
      await world.quiet();
    },

    async cron() {
      const isolate = one();
      const controller = { cron: '* * * * *', scheduledTime: world.now() };
      run(isolate, () => program.default.scheduled(controller, isolate.environment, context(isolate))).catch(
        () => world.report('cron_failed'),
      );
      await world.quiet();
    },

    endOne() {
      if (isolates.length === 0) return;
      const isolate = world.random.oneOf(isolates);
      isolates.splice(isolates.indexOf(isolate), 1);
      world.end(isolate.actor);
      for (const end of isolate.onEnd) world.release(end);
    },

    disturbClock(kind) {
      const { actor } = one();
      if (kind === 'jumps') actor.skew = world.random.below(2 * JUMP + 1) - JUMP;
      else actor.frozenAt = world.now();
    },

    mendClocks() {
      for (const { actor } of isolates) Object.assign(actor, { skew: 0, frozenAt: null });
    },
  };
}
