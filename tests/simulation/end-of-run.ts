// After the faults: clocks are right again, nothing is lost any more, and before long, by the simulation's time, everything
// has been delivered, is proven, opens and is what its callers were told.
import { auditRow, leafOf, yearOf } from '@salus/audit';
import type { Person } from './person.ts';
import { PURPOSES } from './person.ts';
import { cron, performSome, type Simulation } from './simulation.ts';

type Look = (work: () => Promise<unknown>) => Promise<void>;

/** Who was refused too often waits a quarter of an hour before the next attempt, and perhaps again. */
const SERVED_WITHIN = 60 * 60_000;
const LOGGED_WITHIN = 15 * 60_000;

/** @returns how many turns it took. @throws Violation */
export async function expectAllIsWell(simulation: Simulation, look: Look): Promise<number> {
  const { isolates, world } = simulation;
  isolates.mendClocks();
  let turns = 0;

  const settle = async (within: number, ready: () => Promise<boolean>, otherwise: string) => {
    const until = world.now() + within;
    while (!(await ready())) {
      world.require(world.now() < until, otherwise);
      await look(() => turnWithoutFaults(simulation));
      turns += 1;
    }
  };
  await settle(SERVED_WITHIN, async () => simulation.callers.underWay === 0, 'a call is never answered');
  const answers = serviceIsBack(simulation);
  let served = false;
  answers.then(
    () => {
      served = true;
    },
    (error: unknown) => simulation.found.push(error),
  );
  await settle(SERVED_WITHIN, async () => served, 'the system does not answer after the faults');
  await settle(
    LOGGED_WITHIN,
    () => isSettled(simulation),
    'not everything is in the log a quarter of an hour after the faults',
  );
  await expectLogsAndTrailAgree(simulation);
  return turns;
}

async function turnWithoutFaults(simulation: Simulation): Promise<void> {
  const { world, queues, isolates, durableObjects } = simulation;
  if (world.effects.length > 0) return performSome(simulation);
  const [queue] = queues.available();
  if (queue) return isolates.consume(queues.take(queue));
  const [alarm] = durableObjects.dueAlarms();
  if (alarm) return durableObjects.alarm(alarm);
  if (simulation.nextCron <= world.now()) return cron(simulation);
  const next = Math.min(
    simulation.nextCron,
    queues.nextAvailable() ?? Number.POSITIVE_INFINITY,
    durableObjects.nextAlarm() ?? Number.POSITIVE_INFINITY,
  );
  world.pass(Math.max(next - world.now(), 1));
  await world.quiet();
}

/**
 * Nothing waits anywhere, every event has its leaf, and every log has published all that it has. A log whose storage was put
 * back takes no part: it has stopped, its events wait, and those of the others do not.
 */
async function isSettled({ world, queues, records, logs }: Simulation): Promise<boolean> {
  const stopped = [...logs.logs.values()].filter(({ rolledBack }) => rolledBack);
  const isDelivered = stopped.length > 0 || (world.effects.length === 0 && queues.messages.length === 0);
  return (
    isDelivered &&
    [...logs.logs.values()].every(({ size, ids, rolledBack }) => rolledBack || size === ids.length) &&
    (await records.unlogged(stopped.map(({ name }) => name))) === 0
  );
}

/** Somebody of each organization signs in, and reads everything: what was written is there, and opens. */
async function serviceIsBack(simulation: Simulation): Promise<void> {
  const { world, callers, stage, model } = simulation;
  for (const organizationId of stage.organizations) {
    const of = (role: string) =>
      callers.people.find(
        ({ account }) => account.organizationId === organizationId && account.role === role,
      );
    const [admin, officer] = [of('admin'), of('privacy_officer')];
    if (!admin || !officer) continue;
    await untilSignedIn(simulation, admin);
    for (const patient of model.patients.filter((known) => known.organizationId === organizationId)) {
      const reply = await callers.call(admin, 'patients.get', { id: patient.id }, { purpose: 'HOPERAT' });
      world.require(reply?.status === 200, `a record that was made is not there (${reply?.appCode})`);
      const { version, phone } = reply?.data ?? {};
      world.require(Number(version) >= patient.version, 'a record has gone back to an earlier version');
      model.read(patient.id, Number(version), String(phone));
    }
    await callers.commands.create?.(admin);
    await untilSignedIn(simulation, officer);
    await readWholeTrail(simulation, officer);
  }
}

/** Attempts are limited: the first may be refused, because of what happened before. */
async function untilSignedIn({ world, callers }: Simulation, person: Person): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await callers.signIn(person)) return;
    await new Promise<void>((resolve) => {
      world.after({ name: 'somebody who waits', alive: true, skew: 0, frozenAt: null }, 16 * 60_000, resolve);
    });
  }
  world.require(false, 'nobody can sign in after the faults');
}

/** Each row's sealed origin opens on the way. */
async function readWholeTrail({ world, callers }: Simulation, officer: Person): Promise<void> {
  let cursor: unknown;
  do {
    const input = { limit: 100, ...(typeof cursor === 'string' && { cursor }) };
    const reply = await callers.call(officer, 'audit.search', input, {
      purpose: PURPOSES.privacy_officer ?? '',
    });
    world.require(reply?.status === 200, 'the trail cannot be read after the faults');
    cursor = reply?.data.nextCursor;
  } while (typeof cursor === 'string');
}

/** Each event of the trail is in its log once, where the database says, with the row's own bytes; nothing else is. */
async function expectLogsAndTrailAgree({ world, logs, opened, model, queues }: Simulation): Promise<void> {
  const { rows } = await opened.owner.query<{ event: unknown; index: string | null; year: number | null }>(
    `select salus.audit_row(e) as event, l.index, l.year
       from salus.audit_events e left join salus.audit_leaves l on l.event_id = e.id`,
  );
  world.require(
    queues.dead === 0 || rows.some(({ event }) => auditRow.parse(event).type === 'audit.dead_letter'),
    'there were dead letters, and the trail does not say so',
  );
  const requests = new Set<string>();
  const published = new Map<string, readonly unknown[]>();
  for (const [name, log] of logs.logs) if (!log.rolledBack) published.set(name, await logs.verify(name));
  let logged = 0;
  for (const { event, index, year } of rows) {
    const row = auditRow.parse(event);
    requests.add(row.requestId);
    const entries = published.get(`${row.organizationId}/${yearOf(row)}`);
    if (!entries) continue;
    logged += 1;
    world.require(year === yearOf(row), 'an event is in the log of another year');
    const leaf = new TextDecoder().decode(await leafOf(row));
    world.require(
      JSON.stringify(entries[Number(index)]) === JSON.stringify(JSON.parse(leaf)),
      'a leaf is not what its row says',
    );
  }
  const entries = [...published.values()].reduce((sum, list) => sum + list.length, 0);
  world.require(entries === logged, 'a log has an entry that the trail has not');
  for (const request of model.answeredRequests)
    world.require(requests.has(request), 'a call was answered, and the trail knows nothing of it');
}
