// The scheduler. Whatever leaves an isolate or a Durable Object (SQL, a message, an object, a call) waits here as an effect
// until its turn; the seed decides whose turn it is. Between two turns everything inside runs until it waits again, always
// in the same order, so that the same seed makes the same run.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cryptographyInFlight } from './platform.ts';
import { createRandom, type Random } from './random.ts';

/** Something that runs, and can end at any moment: an isolate of the Worker, an instance of a Durable Object. */
export interface Actor {
  readonly name: string;
  alive: boolean;
  /** What its clock shows beyond the true time, in milliseconds. */
  skew: number;
  /** The true time at which its clock stopped; null when it runs. */
  frozenAt: number | null;
  /** Makes durable what it has written, before anything of it is seen outside (a Durable Object's output gate). */
  readonly flush?: () => void;
  /** Whether nothing waits for that: what it has sent is on its way. */
  readonly isDurable?: () => boolean;
}

export interface Effect {
  readonly actor: Actor;
  readonly label: string;
  /** Whether it may still happen after its actor has ended: it was on its way already. */
  readonly outlives: boolean;
  readonly perform: () => void | Promise<void>;
}

interface Timer {
  readonly actor: Actor;
  readonly due: number;
  readonly run: () => void;
}

/** An invariant that did not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export interface World {
  /** Decides what happens. */
  readonly random: Random;
  /** What actors draw for themselves: ids, tokens, nonces. Apart, so that one more of them does not make another run. */
  readonly content: Random;
  readonly effects: Effect[];
  /** How often the operator was told what. */
  readonly reports: Map<string, number>;
  /** One line for each turn. */
  readonly trace: string[];
  /** The true time, in milliseconds since the epoch. */
  now(): number;
  clockOf(actor: Actor): number;
  schedule(effect: Effect): void;
  /** Waits for its turn. The promise stays open for ever when the actor has ended by then. */
  effect<T>(
    actor: Actor,
    label: string,
    perform: () => T | Promise<T>,
    options?: { readonly outlives?: boolean },
  ): Promise<T>;
  after(actor: Actor, milliseconds: number, run: () => void): () => void;
  /** Lets time pass, and runs what becomes due. */
  pass(milliseconds: number): void;
  /** Performs an effect. What it lets run, runs in `quiet`. */
  perform(effect: Effect): Promise<void>;
  /** Runs code of an actor, or of whoever waits for one, once all that was to happen in this turn has happened. */
  release(run: () => void): void;
  /** Lets everything run that can, until it waits again. */
  quiet(): Promise<void>;
  /** Ends an actor. What it had sent may be on its way still. */
  end(actor: Actor): void;
  report(code: string): void;
  /** @throws Violation */
  require(holds: boolean, invariant: string): void;
}

export interface WorldOptions {
  readonly seed: number;
  /** Milliseconds since the epoch. */
  readonly start: number;
}

/** An actor that never ends: the network, the database's own machine, whoever watches. */
export function lastingActor(name: string): Actor {
  return { name, alive: true, skew: 0, frozenAt: null };
}

export function createWorld({ seed, start }: WorldOptions): World {
  const random = createRandom(seed);
  const content = createRandom(seed ^ 0x5a105);
  const effects: Effect[] = [];
  const reports = new Map<string, number>();
  const trace: string[] = [];
  const released: (() => void)[] = [];
  let timers: Timer[] = [];
  let now = start;
  const network = lastingActor('network');

  const world: World = {
    random,
    content,
    effects,
    reports,
    trace,
    now: () => now,
    clockOf: ({ frozenAt, skew }) => Math.floor(frozenAt ?? now) + skew,
    schedule(effect) {
      if (effect.actor.alive) effects.push(effect);
    },
    effect: (actor, label, perform, { outlives = false } = {}) =>
      new Promise((resolve, reject) => {
        world.schedule({
          actor,
          label,
          outlives,
          async perform() {
            actor.flush?.();
            const settle = await settled(perform, resolve, reject);
            world.release(() => {
              if (actor.alive) settle();
            });
          },
        });
      }),
    after(actor, milliseconds, run) {
      const timer: Timer = { actor, due: now + milliseconds, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass(milliseconds) {
      now += milliseconds;
      const due = timers.filter((timer) => timer.due <= now).toSorted((a, b) => a.due - b.due);
      timers = timers.filter((timer) => timer.due > now && timer.actor.alive);
      for (const { actor, run } of due) {
        world.release(() => {
          if (actor.alive) run();
        });
      }
    },
    async perform(effect) {
      effects.splice(effects.indexOf(effect), 1);
      await effect.perform();
    },
    release(run) {
      released.push(run);
    },
    async quiet() {
      for (const run of released.splice(0)) run();
      for (let calm = 0; calm < 3; calm = cryptographyInFlight() === 0 ? calm + 1 : 0) await nextTurn();
    },
    end(actor) {
      actor.alive = false;
      const sent = actor.isDurable?.() ?? true;
      for (const effect of effects.filter((waiting) => waiting.actor === actor)) {
        effects.splice(effects.indexOf(effect), 1);
        if (effect.outlives && sent && random.happens(0.5)) effects.push({ ...effect, actor: network });
      }
    },
    report(code) {
      reports.set(code, (reports.get(code) ?? 0) + 1);
    },
    require(holds, invariant) {
      if (!holds) throw new Violation(invariant);
    },
  };
  return world;
}

/** What will settle a promise with what the work came to. @throws Violation */
async function settled<T>(
  work: () => T | Promise<T>,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Promise<() => void> {
  try {
    const value = await work();
    return () => resolve(value);
  } catch (error) {
    if (error instanceof Violation) throw error;
    return () => reject(error);
  }
}
