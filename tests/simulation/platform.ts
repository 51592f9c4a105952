// What the Worker finds around it: clock, randomness, timers, fetch and its log. Code that runs inside an actor gets the
// actor's; everything else in the process keeps Node's. Cryptography is Node's own, one operation after another, because
// those that run at once would end in another order each time.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, webcrypto } from 'node:crypto';
import type { Actor, World } from './world.ts';

/** What surrounds the code of an actor. */
export interface Surroundings {
  readonly world: World;
  readonly actor: Actor;
  /** On whose behalf: the request that is being answered, if any. */
  readonly task: object | null;
  fetch(from: Surroundings, url: string, init: RequestInit): Promise<Response>;
  /** @throws when the key service does not answer */
  keyService<T>(actor: Actor, work: () => Promise<T>): Promise<T>;
}

const inside = new AsyncLocalStorage<Surroundings>();

export function within<T>(surroundings: Surroundings, work: () => T): T {
  return inside.run(surroundings, work);
}

function surroundings(): Surroundings {
  const here = inside.getStore();
  if (!here) throw new Error('outside of every actor');
  return here;
}

let inFlight = 0;
let last: Promise<unknown> = Promise.resolve();

export const cryptographyInFlight = () => inFlight;

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  inFlight += 1;
  const done = () => {
    inFlight -= 1;
  };
  const result = last.then(work);
  last = result.then(done, done);
  return result;
}

interface KeyProvider {
  wrap(...parameters: unknown[]): Promise<unknown>;
  unwrap(...parameters: unknown[]): Promise<unknown>;
}

/** To be called once, before the Worker's program is loaded. */
export function installPlatform(): void {
  const now = Date.now;
  Date.now = () => {
    const here = inside.getStore();
    return here ? here.world.clockOf(here.actor) : now();
  };
  replaceRandomness();
  replaceCryptography();
  replaceTimers();
  const fetch = globalThis.fetch;
  globalThis.fetch = (input, init = {}) => {
    const here = inside.getStore();
    return here ? here.fetch(here, String(input), init) : fetch(input, init);
  };
  const error = console.error;
  console.error = (...line: unknown[]) => {
    const here = inside.getStore();
    if (here) here.world.report(codeOf(line[0]));
    else error(...line);
  };
  Object.assign(globalThis, {
    simulatedKeyService: (provider: KeyProvider): KeyProvider => ({
      ...provider,
      wrap: (...parameters) => throughKeyService(() => provider.wrap(...parameters)),
      unwrap: (...parameters) => throughKeyService(() => provider.unwrap(...parameters)),
    }),
  });
}

function throughKeyService(work: () => Promise<unknown>): Promise<unknown> {
  const { actor, keyService } = surroundings();
  return keyService(actor, work);
}

function codeOf(line: unknown): string {
  const { code, error }: { code?: unknown; error?: unknown } = JSON.parse(String(line));
  return `${code} ${error}`;
}

function replaceRandomness(): void {
  const { getRandomValues } = webcrypto;
  webcrypto.getRandomValues = (array) => {
    const here = inside.getStore();
    if (!here || array === null) return getRandomValues.call(webcrypto, array) as typeof array;
    here.world.content.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  };
  const { randomUUID } = webcrypto;
  webcrypto.randomUUID = () => {
    const here = inside.getStore();
    return here ? uuidFrom(here.world) : randomUUID.call(webcrypto);
  };
}

function uuidFrom({ content }: World): `${string}-${string}-${string}-${string}-${string}` {
  const bytes = new Uint8Array(16);
  content.fill(bytes);
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const ASYNCHRONOUS = [
  'sign',
  'verify',
  'encrypt',
  'decrypt',
  'importKey',
  'exportKey',
  'deriveBits',
  'deriveKey',
  'generateKey',
] as const;

function replaceCryptography(): void {
  const { subtle } = webcrypto;
  const methods: Record<string, (...parameters: never[]) => Promise<unknown>> = {};
  for (const name of ASYNCHRONOUS) {
    const method = subtle[name].bind(subtle) as (...parameters: never[]) => Promise<unknown>; // of whatever signature
    methods[name] = (...parameters) =>
      inside.getStore() ? inTurn(() => method(...parameters)) : method(...parameters);
  }
  const digest = subtle.digest.bind(subtle);
  Object.assign(subtle, methods, {
    // Synchronous, and much faster for the small inputs of a Merkle tree. The log hashes with SHA-256 alone.
    digest: async (algorithm: string, data: Uint8Array<ArrayBuffer>) => {
      if (!inside.getStore()) return digest(algorithm, data);
      if (algorithm !== 'SHA-256') return inTurn(() => digest(algorithm, data));
      return new Uint8Array(createHash('sha256').update(data).digest()).buffer;
    },
  });
}

function replaceTimers(): void {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const stops = new Map<unknown, () => void>();
  const setTimer = (run: () => void, milliseconds = 0) => {
    const here = inside.getStore();
    if (!here) return set(run, milliseconds);
    const id = {};
    stops.set(id, here.world.after(here.actor, milliseconds, run));
    return id;
  };
  const clearTimer = (id: unknown) => {
    const stop = stops.get(id);
    if (!stop) return clear(id as Parameters<typeof clear>[0]); // one of Node's own
    stop();
    stops.delete(id);
  };
  Object.assign(globalThis, { setTimeout: setTimer, clearTimeout: clearTimer });
  const timeout = AbortSignal.timeout;
  AbortSignal.timeout = (milliseconds) => {
    const here = inside.getStore();
    if (!here) return timeout.call(AbortSignal, milliseconds);
    const controller = new AbortController();
    here.world.after(here.actor, milliseconds, () =>
      controller.abort(new DOMException('timed out', 'TimeoutError')),
    );
    return controller.signal;
  };
}
