// A log that has much to publish at once, after an outage of the object store: a Worker's run may make so many requests and no
// more, so that what one run has done must not be done again by the next.
import { expect, it } from 'vitest';
import { createLedger, type ObjectStore } from './ledger.ts';
import { noteSigner } from './note.ts';
import { memoryObjects, memoryStore } from './test-store.ts';
import { verifyLog } from './verify-log.ts';

const signer = await noteSigner('salus.localhost/log/org/2026', new Uint8Array(32).fill(1));
const ENTRIES = 70_000;
const REQUESTS_OF_A_RUN = 400;

const store = memoryStore();
const objects = memoryObjects();
let left = 0;
const within = <T>(work: () => Promise<T>): Promise<T> => {
  left -= 1;
  return left < 0 ? Promise.reject(new Error('too many requests in one run')) : work();
};
const limited: ObjectStore = {
  get: (path) => within(() => objects.get(path)),
  put: (path, bytes) => within(() => objects.put(path, bytes)),
  replace: (path, bytes, previous) => within(() => objects.replace(path, bytes, previous)),
};
const ledger = createLedger(store, limited, signer);

/** Whether everything was published in one run. */
function run(): Promise<boolean> {
  left = REQUESTS_OF_A_RUN;
  return ledger.publish().then(
    () => true,
    () => false,
  );
}

const verdict = () => verifyLog({ read: objects.get, verifierKey: signer.verifierKey });
const entries = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({
    id: `${from + at}`,
    leaf: Uint8Array.of(from + at, (from + at) >> 8, (from + at) >> 16),
  }));

it('is published in several runs when it is too much for one, and verifies after each', async () => {
  await ledger.append(entries(0, 10));
  expect(await run()).toBe(true);
  await ledger.append(entries(10, ENTRIES));
  const sizes: number[] = [];
  for (let runs = 0; runs < 5; runs++) {
    const isDone = await run();
    const found = await verdict();
    expect(found).toMatchObject({ ok: true });
    if (found.ok) sizes.push(Number(found.checkpoint.size));
    if (isDone) break;
  }
  expect(sizes.at(-1)).toBe(ENTRIES);
  expect(sizes.length).toBeGreaterThan(1);
});

it('is never shown with fewer entries than before, when its checkpoint was lost', async () => {
  const before = new Map(objects.files);
  objects.files.clear();
  for (let runs = 0; runs < 5; runs++) {
    if (await run()) break;
    expect(objects.files.has('checkpoint')).toBe(false);
  }
  expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size: BigInt(ENTRIES) } });
  for (const [path, bytes] of before)
    if (!path.endsWith('.p/10')) expect(objects.files.get(path), path).toStrictEqual(bytes);
});
