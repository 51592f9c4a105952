// A crash at any step of any run, and again and again: every event is in the log once, and no checkpoint that ever went out
// contradicts another.
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { openCheckpoint } from './checkpoint.ts';
import { createLedger, type Entry } from './ledger.ts';
import { noteSigner, noteVerifier } from './note.ts';
import { consistencyProof, tileHashes } from './proof.ts';
import { Crash, type Fault, memoryObjects, memoryStore } from './test-store.ts';
import { verifyConsistency } from './verify.ts';
import { verifyLog } from './verify-log.ts';

// Each of these is hundreds of runs.
vi.setConfig({ testTimeout: 60_000 });

const signer = await noteSigner('salus.localhost/log/org/2026', new Uint8Array(32).fill(1));
const verifier = await noteVerifier(signer.verifierKey);

/** Batches with duplicates, within and across, that together cross the edges of tiles. */
const BATCHES = [
  [0, 100],
  [90, 256],
  [200, 257],
  [257, 530],
  [0, 531],
].map(([from = 0, to = 0]) => entries(from, to));
const EVENTS = 531;

function entries(from: number, to: number): Entry[] {
  return Array.from({ length: to - from }, (_, at) => {
    const id = `event ${from + at}`;
    return { id, leaf: new TextEncoder().encode(id) };
  });
}

/** Delivers every batch, at least once, with a new ledger over the same storage after each crash. */
async function run(fault: Fault) {
  const store = memoryStore(fault);
  const objects = memoryObjects(fault);
  const notes: Uint8Array[] = [];
  let ledger = createLedger(store, objects, signer);
  const untilItHolds = async (work: () => Promise<unknown>): Promise<void> => {
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        await work();
        return;
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        ledger = createLedger(store, objects, signer);
      } finally {
        const note = objects.files.get('checkpoint');
        if (note) notes.push(note);
      }
    }
    throw new Error('never held');
  };
  for (const batch of BATCHES) {
    await untilItHolds(() => ledger.append(batch));
    await untilItHolds(() => ledger.publish());
  }
  return { store, objects, notes };
}

async function expectSound({ store, objects, notes }: Awaited<ReturnType<typeof run>>): Promise<void> {
  // Past the faults: whoever verifies has another connection.
  const read = async (path: string) => objects.files.get(path) ?? null;
  expect(new Set(store.entries().map(({ id }) => id)).size).toBe(EVENTS);
  expect(store.entries().map(({ index }) => index)).toStrictEqual(
    Array.from({ length: EVENTS }, (_, at) => at),
  );
  for (const earlier of notes) {
    const verdict = await verifyLog({ read, verifierKey: signer.verifierKey, earlier });
    expect(verdict).toMatchObject({ ok: true, checkpoint: { size: BigInt(EVENTS) } });
  }
  const hashes = tileHashes(read, EVENTS);
  const checkpoints = await Promise.all(notes.map((note) => openCheckpoint(note, verifier)));
  for (const [at, first] of checkpoints.entries()) {
    const second = checkpoints[at + 1];
    if (second === undefined) continue;
    const sizes = { size1: Number(first.size), size2: Number(second.size) };
    const proof = await consistencyProof(sizes, hashes);
    expect(await verifyConsistency({ ...sizes, proof, root1: first.root, root2: second.root })).toBe(true);
  }
}

it.each(['before', 'after'] as const)('a crash %s any one step', async (moment) => {
  let steps = 0;
  const whole = await run(() => {
    steps++;
    return undefined;
  });
  await expectSound(whole);
  expect(steps).toBeGreaterThan(EVENTS);
  // Every put, and appends by sample: each of them is one of the same hundreds.
  for (let crashing = 1; crashing <= steps; crashing += 17)
    await crashAt(crashing, moment, whole.objects.files);
});

it.each(['before', 'after'] as const)('a crash %s each step of a publication', async (moment) => {
  const puts: string[] = [];
  const whole = await run((step) => {
    if (step !== 'append') puts.push(step);
    return undefined;
  });
  expect(puts.length).toBeGreaterThan(BATCHES.length);
  for (let crashing = 0; crashing < puts.length; crashing++) {
    let count = 0;
    const crashed = await run((step) => (step !== 'append' && count++ === crashing ? moment : undefined));
    await expectSound(crashed);
    // What a crash leaves behind beside it are partial files that no checkpoint speaks of any more.
    for (const [path, bytes] of whole.objects.files)
      expect(crashed.objects.files.get(path)).toStrictEqual(bytes);
  }
});

it('crashes at many steps of one run', async () => {
  const moment = fc.constantFrom('before' as const, 'after' as const);
  // Mostly publications: appends are so many that they would take nearly all of the crashes.
  const crashes = fc.record({
    append: fc.dictionary(fc.nat(900).map(String), moment, { maxKeys: 10 }),
    publication: fc.dictionary(fc.nat(60).map(String), moment, { maxKeys: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(crashes, async ({ append, publication }) => {
      const steps = { append: 0, publication: 0 };
      await expectSound(
        await run((step) => (step === 'append' ? append[steps.append++] : publication[steps.publication++])),
      );
    }),
    { numRuns: 20 },
  );
});

async function crashAt(
  crashing: number,
  moment: 'before' | 'after',
  expected: Map<string, Uint8Array>,
): Promise<void> {
  let step = 0;
  const crashed = await run(() => (++step === crashing ? moment : undefined));
  expect(step).toBeGreaterThanOrEqual(crashing);
  expect(crashed.store.size()).toBe(EVENTS);
  for (const [path, bytes] of expected) expect(crashed.objects.files.get(path)).toStrictEqual(bytes);
}
