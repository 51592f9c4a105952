// R2 as a Durable Object and the Worker see it: strongly consistent, and reached over a network that loses requests and
// answers, or brings a put long after its sender has given it up.
import type { Faults } from './faults.ts';
import { type Actor, lastingActor, type World } from './world.ts';

interface PutOptions {
  readonly onlyIf?: { readonly etagMatches?: string; readonly etagDoesNotMatch?: string };
}

interface StoredObject {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  readonly body: ReadableStream;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The part of R2Bucket that Salus uses. */
export interface SimulatedBucket {
  get(key: string): Promise<StoredObject | null>;
  head(key: string): Promise<{ readonly key: string; readonly etag: string } | null>;
  put(key: string, value: Uint8Array | string, options?: PutOptions): Promise<object | null>;
}

export interface ObjectStorage {
  readonly objects: Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly etag: string }>;
  bucketOf(actor: Actor): SimulatedBucket;
}

export interface ObjectStorageOptions {
  readonly world: World;
  readonly faults: Faults;
  /** Told of every object that is written, once it is there. */
  readonly written: (key: string, bytes: Uint8Array) => Promise<void>;
}

/** How long a put may be under way, in milliseconds. */
const LATEST = 60_000;

export function createObjectStorage({ world, faults, written }: ObjectStorageOptions): ObjectStorage {
  const objects: ObjectStorage['objects'] = new Map();
  const network = lastingActor('network');
  let etags = 0;

  async function store(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<object | null> {
    const present = objects.get(key);
    const { etagMatches, etagDoesNotMatch } = options.onlyIf ?? {};
    if (etagMatches !== undefined && present?.etag !== etagMatches) return null;
    if (etagDoesNotMatch !== undefined && present && [present.etag, '*'].includes(etagDoesNotMatch))
      return null;
    etags += 1;
    const etag = String(etags);
    objects.set(key, { bytes: new Uint8Array(bytes), etag });
    await written(key, bytes);
    return { key, etag };
  }

  async function put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<object | null> {
    if (faults.happens('a put fails')) throw new Error('R2 put failed');
    if (faults.happens('a put fails, and the object is there much later')) {
      const perform = async () => {
        await store(key, bytes, options);
      };
      world.after(network, world.random.below(LATEST), () =>
        world.schedule({ actor: network, label: `late put ${key}`, outlives: false, perform }),
      );
      throw new Error('R2 put timed out');
    }
    const stored = await store(key, bytes, options);
    if (faults.happens('a put fails, but the object is there')) throw new Error('R2 answer lost');
    return stored;
  }

  function get(key: string): StoredObject | null {
    if (faults.happens('a get fails')) throw new Error('R2 get failed');
    const object = objects.get(key);
    if (!object) return null;
    const { bytes, etag } = object;
    return {
      key,
      etag,
      size: bytes.length,
      body: new Blob([bytes]).stream(),
      arrayBuffer: async () => bytes.slice().buffer,
    };
  }

  return {
    objects,
    bucketOf: (actor) => ({
      get: (key) => world.effect(actor, `get ${key}`, () => get(key)),
      head: (key) => world.effect(actor, `head ${key}`, () => get(key)),
      put: (key, value, options) => {
        const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value.slice();
        return world.effect(actor, `put ${key}`, () => put(key, bytes, options), { outlives: true });
      },
    }),
  };
}
