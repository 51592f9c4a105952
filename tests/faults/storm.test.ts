// Some hundred turns of the whole system (workerd, PostgreSQL, queue, Durable Object, R2) while its parts fail by chance: the
// simulation's model, held against what cannot be held still. The seed decides commands and faults, not how they fall together.
import { patientId } from '@salus/schema';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FaultyBinding, shut } from '../harness/faulty-bindings.ts';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { readLog, sweep, trail, untilLogged, untilQueueRests } from '../harness/trail.ts';
import { createModel } from '../simulation/model.ts';
import { createRandom } from '../simulation/random.ts';

const TREAT = { purpose: 'TREAT' } as const;
const TURNS = 300;
const [fresh = 1] = crypto.getRandomValues(new Uint32Array(1));
const seed = Number(process.env.SEED ?? fresh);
const random = createRandom(seed);
const model = createModel({
  require: (holds, invariant) => expect(holds, `SEED=${seed}: ${invariant}`).toBe(true),
});

let system: System;
let ours: SignedIn;
let theirs: SignedIn;
const counts = { calls: 0, answered: 0, refused: 0, unavailable: 0 };
/** Requests to whom a record of another tenant was given: none. */
const trespassed: string[] = [];

beforeAll(async () => {
  console.log(`storm: SEED=${seed}`);
  system = await startSystem({ faulty: true });
  ours = await system.signedIn('provider');
  theirs = await system.signedIn('provider', { organizationId: system.otherOrganizationId });
});
afterAll(() => system.stop());

const FAULTS: readonly (() => unknown)[] = [
  () => system.neonLocal.faults.cutBeforeStatement(1 + random.below(4), 1 + random.below(3)),
  () => system.neonLocal.faults.cutAfterCommit(1 + random.below(2)),
  () => system.neonLocal.faults.failControlPlane(1 + random.below(3)),
  () => system.neonLocal.faults.refuseConnections(),
  () => system.neonLocal.faults.latency(random.below(150)),
  () => shut(system, { [random.oneOf<FaultyBinding>(['queue', 'log', 'bucket'])]: 'fails' }),
  () => shut(system, { queue: 'hangs' }),
];

async function changeTheWeather(): Promise<void> {
  system.neonLocal.faults.clear();
  await shut(system);
  if (random.happens(0.7)) await random.oneOf(FAULTS)();
}

let phones = 0;
const newPhone = () => {
  phones += 1;
  return `+1 555 ${1_000_000 + phones}`;
};

/** What a call comes to; null when it is not known, or was not possible. Everything else it may not come to. */
async function attempt<T>(call: () => Promise<T>): Promise<T | null> {
  counts.calls += 1;
  try {
    const answer = await call();
    counts.answered += 1;
    return answer;
  } catch (error) {
    const { code } = error as { code?: string }; // the client throws SalusError
    if (code === 'unavailable' || code === 'network') counts.unavailable += 1;
    else counts.refused += 1;
    expect(['unavailable', 'network', 'version_conflict', 'not_found'], `SEED=${seed}`).toContain(code);
    return null;
  }
}

async function create(): Promise<void> {
  const phone = newPhone();
  const patient = somebody({ phone });
  const made = await attempt(() => ours.client.patients.create(patient, TREAT));
  if (made)
    model.created(
      { id: made.id, organizationId: system.organizationId, creator: ours.account.email, mrn: patient.mrn },
      phone,
    );
}

async function read(id: string): Promise<void> {
  const found = await attempt(() => ours.client.patients.get({ id: patientId.parse(id) }, TREAT));
  if (found) model.read(found.id, found.version, found.phone);
}

async function update(id: string, version: number): Promise<void> {
  const phone = newPhone();
  model.mayBeUpdated(id, version, phone);
  const changed = await attempt(() =>
    ours.client.patients.update({ id: patientId.parse(id), version, phone }, TREAT),
  );
  if (changed) model.updated(id, version, changed.version, phone);
  else await read(id);
}

async function trespass(id: string): Promise<void> {
  const found = await attempt(() => theirs.client.patients.get({ id: patientId.parse(id) }, TREAT));
  if (found) trespassed.push(found.id);
}

async function both(...calls: readonly Promise<void>[]): Promise<void> {
  await Promise.all(calls);
}

function command(): Promise<void> {
  const known = model.patients.at(-1 - random.below(Math.max(model.patients.length, 1)));
  if (!known || random.happens(0.3)) return create();
  return random.oneOf([
    () => read(known.id),
    () => update(known.id, known.version),
    // From one version, at once: one of them has to give way.
    () => both(update(known.id, known.version), update(known.id, known.version)),
    () => trespass(known.id),
  ])();
}

it('holds what it has answered, and logs what has happened', async () => {
  for (let turn = 0; turn < TURNS; turn += 3) {
    if (random.happens(0.25)) await changeTheWeather();
    await Promise.all([command(), command(), command()]);
  }
  system.neonLocal.faults.clear();
  await shut(system);
  expect(counts.calls).toBeGreaterThanOrEqual(TURNS);
  expect(counts.answered, JSON.stringify(counts)).toBeGreaterThan(TURNS / 4);
  expect(counts.unavailable, JSON.stringify(counts)).toBeGreaterThan(0);
  expect(trespassed, `SEED=${seed}`).toEqual([]);

  for (const { id, version } of model.patients) {
    const found = await ours.client.patients.get({ id: patientId.parse(id) }, TREAT);
    expect(found.version, `SEED=${seed}`).toBeGreaterThanOrEqual(version);
    model.read(found.id, found.version, found.phone);
  }
  await untilQueueRests(system);
  await sweep(system);
  await untilLogged(system);
  const { verdict, entries } = await readLog(system);
  expect(verdict.ok, `SEED=${seed}`).toBe(true);
  const events = await trail(system, 'organization_id = $1', [system.organizationId]);
  expect(entries.map(({ id }) => id).toSorted(), `SEED=${seed}`).toEqual(
    events.map(({ id }) => id).toSorted(),
  );
  for (const { id } of model.patients)
    expect(events.some((event) => event.type === 'patient.create' && event.patient_id === id)).toBe(true);
});
