import { describe, expect, it } from 'vitest';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { INSPECTION_START, type Inspection, type InspectionCursor } from './files.ts';
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

describe('a log that changes its key', () => {
  const newSigner = () => noteSigner(ORIGIN, new Uint8Array(32).fill(3));

  it('signs what was published by the new key too, and goes on under both; then under the new one alone', async () => {
    const { ledger, store, objects } = newLog();
    await ledger.append(entries(0, 10));
    await ledger.publish();
    const before = objects.files.get('checkpoint') ?? new Uint8Array();
    const next = await newSigner();

    const changing = createLedger(store, objects, [next, signer]);
    const written = objects.written.length;
    await changing.publish();
    expect(objects.written.slice(written)).toStrictEqual(['checkpoint']);
    const verifies = (verifierKey: string, earlier?: Uint8Array) =>
      verifyLog({ read: objects.get, verifierKey, ...(earlier && { earlier }) });
    expect((await verifies(signer.verifierKey, before)).ok).toBe(true);
    expect((await verifies(next.verifierKey)).ok).toBe(true);
    await changing.append(entries(10, 20));
    await changing.publish();
    expect((await verifies(signer.verifierKey, before)).ok).toBe(true);
    const signedByBoth = objects.files.get('checkpoint') ?? new Uint8Array();

    const changed = createLedger(store, objects, next);
    await changed.append(entries(20, 30));
    await changed.publish();
    expect(await verifies(signer.verifierKey)).toMatchObject({ fault: 'note_unsigned' });
    expect((await verifies(next.verifierKey, signedByBoth)).ok).toBe(true);
  });

  it('continues no checkpoint that neither key has signed', async () => {
    const { ledger, store, objects } = newLog();
    await ledger.append(entries(0, 10));
    await ledger.publish();
    const other = await noteSigner(ORIGIN, new Uint8Array(32).fill(4));
    await expect(createLedger(store, objects, [await newSigner(), other]).publish()).rejects.toMatchObject({
      code: 'note_unsigned',
    });
  });
});

describe('signatures of others', () => {
  const LINE = `— witness.example ${btoa('12345678')}`;

  it('are added to the checkpoint that they sign, stay while it does, and are gone with it', async () => {
    const { ledger, objects } = newLog();
    expect(await ledger.published()).toBeNull();
    await ledger.append(entries(0, 10));
    await ledger.publish();
    const published = await ledger.published();
    expect(published?.size).toBe(10);
    expect(await published?.proofFrom(3)).toStrictEqual(await tree.consistency(3, 10));
    const note = published?.note ?? new Uint8Array();
    await ledger.addSignatures(note, [LINE]);
    await ledger.publish();
    const text = () => new TextDecoder().decode(objects.files.get('checkpoint'));
    expect(text()).toBe(`${new TextDecoder().decode(note)}${LINE}\n`);
    expect((await verifyLog({ read: objects.get, verifierKey: signer.verifierKey })).ok).toBe(true);

    await ledger.append(entries(10, 11));
    await ledger.publish();
    expect(text()).not.toContain('witness.example');
    await ledger.addSignatures(note, [LINE]);
    expect(text()).not.toContain('witness.example');
  });

  it('take the place of an older one by the same key, and of no other', async () => {
    const { ledger, objects } = newLog();
    await ledger.append(entries(0, 1));
    await ledger.publish();
    const note = objects.files.get('checkpoint') ?? new Uint8Array();
    const other = `— other.example ${btoa('12345678')}`;
    await ledger.addSignatures(note, [LINE, other]);
    const newer = `— witness.example ${btoa('1234abcd')}`;
    await ledger.addSignatures(note, [newer]);
    const lines = new TextDecoder().decode(objects.files.get('checkpoint')).split('\n').slice(5, -1);
    expect(lines).toStrictEqual([other, newer]);
  });
});

describe('an inspection', () => {
  async function published(size: number) {
    const log = newLog();
    await log.ledger.append(entries(0, size));
    await log.ledger.publish();
    return { ...log, whole: new Map(log.objects.files) };
  }

  it('finds nothing to do when nothing is wrong, looking at every file once, in as many turns as it takes', async () => {
    const { ledger, objects, whole } = await published(600);
    const looked: string[] = [];
    const turns: number[] = [];
    const get = objects.get.bind(objects);
    Object.assign(objects, {
      get: (path: string) => {
        if (path !== 'checkpoint') looked.push(path);
        return get(path);
      },
    });
    let from: InspectionCursor | undefined = INSPECTION_START;
    while (from) {
      const before = looked.length;
      const inspection: Inspection = await ledger.inspect(from, 2);
      expect(inspection.repaired).toStrictEqual([]);
      turns.push(looked.length - before);
      from = inspection.next;
    }
    expect(looked.toSorted()).toStrictEqual(
      [...whole.keys()].filter((path) => path !== 'checkpoint').toSorted(),
    );
    expect(turns).toStrictEqual([2, 2, 2, 1]);
  });

  it('writes again what was lost or damaged, byte for byte, and says what', async () => {
    const { ledger, objects, whole } = await published(600);
    objects.files.delete('tile/entries/001');
    objects.files.set('tile/0/002.p/88', new Uint8Array(3));
    const tile = whole.get('tile/1/000.p/2')?.slice() ?? new Uint8Array();
    tile[0] = (tile[0] ?? 0) ^ 1;
    objects.files.set('tile/1/000.p/2', tile);
    expect(await ledger.inspect(INSPECTION_START, 100)).toStrictEqual({
      repaired: ['tile/entries/001', 'tile/0/002.p/88', 'tile/1/000.p/2'],
      next: undefined,
    });
    expect(objects.files).toStrictEqual(whole);
  });

  it('goes on where it was when the log has grown', async () => {
    const { ledger, objects } = await published(300);
    const { next } = await ledger.inspect(INSPECTION_START, 1);
    await ledger.append(entries(300, 700));
    await ledger.publish();
    objects.files.delete('tile/entries/002.p/188');
    objects.files.delete('tile/entries/000');
    const { repaired } = await ledger.inspect(next ?? INSPECTION_START, 100);
    expect(repaired).toStrictEqual(['tile/entries/002.p/188']);
  });
});
