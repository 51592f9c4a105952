import { describe, expect, it } from 'vitest';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { createLedger, type Entry, type ObjectStore } from './ledger.ts';
import { noteSigner, noteVerifier } from './note.ts';
import { Crash, type Fault, memoryObjects, memoryStore } from './test-store.ts';
import { testTree } from './test-tree.ts';
import { verifyLog } from './verify-log.ts';

const ORIGIN = 'salus.localhost/log/org/2026';
const signer = await noteSigner(ORIGIN, new Uint8Array(32).fill(1));
const { tree, leaves } = testTree(700);

function entries(from: number, to: number): Entry[] {
  return leaves.slice(from, to).map((leaf, at) => ({ id: `event ${from + at}`, leaf }));
}

function newLog(fault?: Fault) {
  const store = memoryStore(fault);
  const objects = memoryObjects(fault);
  return { store, objects, ledger: createLedger(store, objects, signer) };
}

const contradicting = (id: string): Entry => ({ id, leaf: Uint8Array.of(0) });

describe('appending', () => {
  it('numbers entries in their order, from 0, without a gap', async () => {
    const { ledger } = newLog();
    expect((await ledger.append(entries(0, 3))).map(({ index }) => index)).toStrictEqual([0, 1, 2]);
    expect((await ledger.append(entries(3, 5))).map(({ index }) => index)).toStrictEqual([3, 4]);
  });

  it('finds an entry that it has, across batches and in the same one', async () => {
    const { ledger, store } = newLog();
    await ledger.append(entries(0, 3));
    const placed = await ledger.append([...entries(2, 5), ...entries(1, 4)]);
    expect(placed.map(({ index }) => index)).toStrictEqual([2, 3, 4, 1, 2, 3]);
    expect(placed.some(({ contradicted }) => contradicted)).toBe(false);
    expect(store.size()).toBe(5);
  });

  it('keeps what it has when the same id says something else, and tells so each time', async () => {
    const { ledger, store } = newLog();
    await ledger.append(entries(0, 3));
    for (let time = 0; time < 2; time++) {
      expect(await ledger.append([contradicting('event 1'), ...entries(3, 4)])).toStrictEqual([
        { id: 'event 1', index: 1, contradicted: true },
        { id: 'event 3', index: 3, contradicted: false },
      ]);
    }
    expect(store.leaves(1, 2)).toStrictEqual(leaves.slice(1, 2));
  });

  it('takes all entries of a batch or none', async () => {
    let appended = 0;
    const { ledger, store } = newLog((step) =>
      step === 'append' && ++appended === 3 ? 'before' : undefined,
    );
    await expect(ledger.append(entries(0, 5))).rejects.toThrow(Crash);
    expect(store.size()).toBe(0);
    expect((await ledger.append(entries(0, 5))).at(-1)?.index).toBe(4);
  });

  it('takes no entry that a bundle could not hold, and none beside it', async () => {
    const { ledger, store } = newLog();
    const large = { id: 'large', leaf: new Uint8Array(65_536) };
    await expect(ledger.append([...entries(0, 1), large])).rejects.toMatchObject({ code: 'entry_too_large' });
    expect(store.size()).toBe(0);
  });
});

describe('publishing', () => {
  it('makes a log that verifies, of any size around the edges of tiles', async () => {
    const { ledger, objects } = newLog();
    let size = 0;
    for (const next of [0, 1, 255, 256, 257, 511, 512, 600]) {
      await ledger.append(entries(size, next));
      size = next;
      const root = await tree.root(size);
      expect(await ledger.publish()).toStrictEqual({ origin: ORIGIN, size: BigInt(size), root });
      const verdict = await verifyLog({ read: objects.get, verifierKey: signer.verifierKey });
      expect(verdict).toStrictEqual({
        ok: true,
        checkpoint: { origin: ORIGIN, size: BigInt(size), root },
        cosignatures: [],
      });
    }
  });

  it('writes files first and the checkpoint last', async () => {
    const { ledger, objects } = newLog();
    await ledger.append(entries(0, 257));
    await ledger.publish();
    expect(objects.written).toStrictEqual([
      'tile/entries/000',
      'tile/entries/001.p/1',
      'tile/0/000',
      'tile/0/001.p/1',
      'tile/1/000.p/1',
      'checkpoint',
    ]);
  });

  it('writes only what is new, and nothing when nothing is', async () => {
    const { ledger, objects } = newLog();
    await ledger.append(entries(0, 257));
    await ledger.publish();
    const before = objects.written.length;
    await ledger.publish();
    expect(objects.written).toHaveLength(before);
    await ledger.append(entries(257, 258));
    await ledger.publish();
    expect(objects.written.slice(before)).toStrictEqual([
      'tile/entries/001.p/2',
      'tile/0/001.p/2',
      'checkpoint',
    ]);
  });

  it('writes everything again, byte for byte, when the object store has lost it', async () => {
    const { ledger, objects } = newLog();
    await ledger.append(entries(0, 300));
    await ledger.publish();
    const lost = new Map(objects.files);
    objects.files.clear();
    await ledger.publish();
    expect(objects.files).toStrictEqual(lost);
  });

  it('never lets an older checkpoint out after a newer one', async () => {
    const store = memoryStore();
    const objects = memoryObjects();
    const sizes: bigint[] = [];
    const verifier = await noteVerifier(signer.verifierKey);
    const firstPut = Promise.withResolvers<void>();
    const put: ObjectStore['put'] = async (path, bytes) => {
      const isFirst = objects.written.length === 0;
      await objects.put(path, bytes);
      firstPut.resolve();
      // The first publication is the slowest.
      if (isFirst) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const replace: ObjectStore['replace'] = async (path, bytes, previous) => {
      sizes.push((await openCheckpoint(bytes, verifier)).size);
      return objects.replace(path, bytes, previous);
    };
    const ledger = createLedger(store, { get: objects.get, put, replace }, signer);
    await ledger.append(entries(0, 5));
    const first = ledger.publish();
    await firstPut.promise;
    await ledger.append(entries(5, 9));
    await Promise.all([first, ledger.publish(), ledger.publish()]);
    expect(sizes).toStrictEqual([5n, 9n]);
  });
});

it('a checkpoint that was under way for long does not come in the place of a newer one', async () => {
  const { store, objects } = { store: memoryStore(), objects: memoryObjects() };
  const early = createLedger(store, objects, signer);
  await early.append(entries(0, 5));
  await early.publish();
  const late: (() => Promise<boolean>)[] = [];
  const replace: ObjectStore['replace'] = async (...put) => {
    late.push(() => objects.replace(...put));
    throw new Crash('timed out');
  };
  const slow = createLedger(store, { ...objects, replace }, signer);
  await slow.append(entries(5, 9));
  await expect(slow.publish()).rejects.toThrow(Crash);
  const next = createLedger(store, objects, signer);
  await next.append(entries(9, 12));
  await next.publish();
  const newest = objects.files.get('checkpoint');
  expect(await Promise.all(late.map((put) => put()))).toStrictEqual([false]);
  expect(objects.files.get('checkpoint')).toStrictEqual(newest);
});

it('one that comes in between is looked at before the next is signed', async () => {
  const { store, objects } = { store: memoryStore(), objects: memoryObjects() };
  const ledger = createLedger(store, objects, signer);
  await ledger.append(entries(0, 5));
  await ledger.publish();
  const other = createLedger(store, objects, signer);
  const put: ObjectStore['put'] = async (path, bytes) => {
    await objects.put(path, bytes);
    await other.publish();
  };
  const overtaken = createLedger(store, { ...objects, put }, signer);
  await overtaken.append(entries(5, 9));
  await expect(overtaken.publish()).rejects.toMatchObject({ code: 'checkpoint_moved' });
  await overtaken.append(entries(9, 10));
  expect((await createLedger(store, objects, signer).publish()).size).toBe(10n);
});

describe('a checkpoint that is not of this ledger stops it: signing on would fork the log', () => {
  async function published() {
    const log = newLog();
    await log.ledger.append(entries(0, 10));
    await log.ledger.publish();
    return log;
  }

  it('when the ledger has lost entries, and has others in their place', async () => {
    const { objects } = await published();
    const before = new Map(objects.files);
    const emptied = memoryStore();
    const ledger = createLedger(emptied, objects, signer);
    await expect(ledger.publish()).rejects.toMatchObject({ code: 'log_rolled_back' });
    await ledger.append(entries(50, 55));
    await expect(ledger.publish()).rejects.toMatchObject({ code: 'log_rolled_back' });
    await ledger.append(entries(60, 80));
    await expect(ledger.publish()).rejects.toMatchObject({ code: 'log_forked' });
    expect(objects.files).toStrictEqual(before);
  });

  it('when it appears while the ledger is at work', async () => {
    const { ledger, objects } = await published();
    objects.files.set('checkpoint', await signCheckpoint(10n, new Uint8Array(32).fill(9), signer));
    await ledger.append(entries(10, 12));
    const before = new Map(objects.files);
    await expect(ledger.publish()).rejects.toMatchObject({ code: 'log_forked' });
    await expect(ledger.publish()).rejects.toMatchObject({ code: 'log_forked' });
    expect(objects.files).toStrictEqual(before);
  });

  it('when another key or another log has signed it', async () => {
    const { ledger, objects } = await published();
    const otherKey = await noteSigner(ORIGIN, new Uint8Array(32).fill(2));
    const otherLog = await noteSigner('salus.localhost/log/other/2026', new Uint8Array(32).fill(1));
    for (const other of [otherKey, otherLog]) {
      objects.files.set('checkpoint', await signCheckpoint(10n, await tree.root(10), other));
      await expect(ledger.publish()).rejects.toMatchObject({ code: 'note_unsigned' });
    }
  });

  it('but an earlier one of its own does not', async () => {
    const { ledger, objects } = await published();
    const earlier = objects.files.get('checkpoint') ?? new Uint8Array();
    await ledger.append(entries(10, 20));
    await ledger.publish();
    objects.files.set('checkpoint', earlier);
    expect((await ledger.publish()).size).toBe(20n);
    expect((await verifyLog({ read: objects.get, verifierKey: signer.verifierKey })).ok).toBe(true);
  });
});
