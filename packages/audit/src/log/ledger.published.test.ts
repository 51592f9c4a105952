// What becomes of a checkpoint and its files after they were published: signatures are added, keys change, and what the object
// store loses is written again.
import { describe, expect, it } from 'vitest';
import { INSPECTION_START, type Inspection, type InspectionCursor } from './files.ts';
import { createLedger, type Entry } from './ledger.ts';
import { noteSigner } from './note.ts';
import { memoryObjects, memoryStore } from './test-store.ts';
import { testTree } from './test-tree.ts';
import { verifyLog } from './verify-log.ts';

const ORIGIN = 'salus.localhost/log/org/2026';
const signer = await noteSigner(ORIGIN, new Uint8Array(32).fill(1));
const { tree, leaves } = testTree(700);

function entries(from: number, to: number): Entry[] {
  return leaves.slice(from, to).map((leaf, at) => ({ id: `event ${from + at}`, leaf }));
}

function newLog() {
  const store = memoryStore();
  const objects = memoryObjects();
  return { store, objects, ledger: createLedger(store, objects, signer) };
}

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
