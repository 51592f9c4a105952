// No PHI leaves before its audit record is durable, and every record reaches the log, whatever breaks on the way.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { eventsOf, readLog, sweep, trail, untilLogged, untilQueueRests } from '../harness/trail.ts';

let system: System;
let provider: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
});
afterAll(() => system.stop());

const TREAT = { purpose: 'TREAT' } as const;

describe('the trail', () => {
  it('has one row for each patient on a page, and one for a page without any', async () => {
    for (let i = 0; i < 3; i++) await provider.client.patients.create(somebody(), TREAT);
    const { items } = await provider.client.patients.list({ limit: 3 }, TREAT);
    const listed = await trail(system, `type = 'patient.list'`);
    expect(listed.map(({ patient_id }) => patient_id).toSorted()).toEqual(
      items.map(({ id }) => id).toSorted(),
    );
    await provider.client.patients.search({ mrn: 'NOBODY' }, TREAT);
    const [searched] = await trail(system, `type = 'patient.search'`);
    expect(searched).toMatchObject({ outcome: 'success', patient_id: null, details: { count: 0 } });
  });

  it('has the ciphertext of what was there before a change and after it', async () => {
    const { id, version } = await provider.client.patients.create(somebody(), TREAT);
    const { rows: before } = await system.owner.query('select phone from salus.patients where id = $1', [id]);
    await provider.client.patients.update({ id, version, phone: '555-222-3333', email: null }, TREAT);
    const { rows: after } = await system.owner.query(
      'select phone, email from salus.patients where id = $1',
      [id],
    );
    const [event] = await trail(system, `type = 'patient.update' and patient_id = $1`, [id]);
    expect(event?.changes?.phone).toEqual({
      old: before[0].phone.toString('base64'),
      new: after[0].phone.toString('base64'),
    });
    expect(event?.changes?.email).toMatchObject({ old: expect.any(String), new: null });
    expect(after[0].email).toBeNull();
  });

  it('has a row for what was refused or not valid, with its reason', async () => {
    const answers = [
      await system.post(
        '/trpc/patients.get',
        { id: 'x' },
        { ...provider.headers(), 'purpose-of-use': 'TREAT' },
      ),
      await system.post('/trpc/patients.get', { id: crypto.randomUUID() }, provider.headers()),
      await system.post('/trpc/patients.list', {}),
    ];
    const reasons = [];
    for (const answer of answers) {
      const rows = await eventsOf(system, answer);
      reasons.push(rows.map(({ outcome, details }) => `${outcome} ${details?.reason}`));
    }
    expect(reasons).toEqual([
      ['failed input_invalid'],
      ['denied purpose_required'],
      ['denied token_missing'],
    ]);
  });
});

describe('a database that comes and goes', () => {
  it('REL-01: gone, or cut off before or after COMMIT, is 503, and discloses nothing', async () => {
    const { id } = await provider.client.patients.create(somebody(), TREAT);
    const call = (path: string, body: object) =>
      system.post(`/trpc/${path}`, body, { ...provider.headers(), 'purpose-of-use': 'TREAT' });
    const read = () => call('patients.get', { id });
    const list = () => call('patients.list', { limit: 25 });
    const { faults } = system.neonLocal;
    // A fault hits the next transaction, whose ever it is: the queue's are over first.
    await untilQueueRests(system);
    // A read is one statement, a list is two and a COMMIT.
    for (const [fault, ask] of [
      [() => faults.cutBeforeStatement(1), read],
      [() => faults.cutAfterCommit(), read],
      [() => faults.failControlPlane(), read],
      [() => faults.cutBeforeStatement(1), list],
      [() => faults.cutBeforeStatement(2), list],
      [() => faults.cutBeforeStatement(3), list],
      [() => faults.cutAfterCommit(), list],
    ] as const) {
      fault();
      const answer = await ask();
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(await answer.text()).not.toContain('MRN-');
    }
    for (const ask of [read, list]) {
      const answer = await ask();
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('MRN-');
    }
  });

  it('a write that was cut off after COMMIT was kept, and is in the trail; before it, neither', async () => {
    const kept = somebody();
    system.neonLocal.faults.cutAfterCommit();
    await expect(provider.client.patients.create(kept, TREAT)).rejects.toMatchObject({ code: 'unavailable' });
    const found = await provider.client.patients.search({ mrn: kept.mrn }, TREAT);
    expect(found.items).toHaveLength(1);
    expect(
      await trail(system, `type = 'patient.create' and patient_id = $1`, [found.items[0]?.id]),
    ).toHaveLength(1);

    const lost = somebody();
    system.neonLocal.faults.cutBeforeStatement(4);
    await expect(provider.client.patients.create(lost, TREAT)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await provider.client.patients.search({ mrn: lost.mrn }, TREAT)).items).toEqual([]);
  });
});

describe('the log', () => {
  it('shows every row of the trail once, in the order of its checkpoint, and verifies from its files', async () => {
    await sweep(system); // calls above were cut off after their COMMIT
    await untilLogged(system);
    const { verdict, entries } = await readLog(system);
    expect(verdict.ok).toBe(true);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
    const { rows } = await system.owner.query(
      'select event_id, index::int from salus.audit_leaves where organization_id = $1',
      [system.organizationId],
    );
    for (const { event_id, index } of rows) expect(entries[index]?.id).toBe(event_id);
    expect(entries.length).toBe(rows.length);
  });

  it('Q-01: rows that never reached the queue are found by the sweep', async () => {
    const { rows } = await system.owner.query(
      `select id from salus.audit_events where kind = 'system_change' and organization_id = $1`,
      [system.organizationId],
    );
    expect(rows.length).toBeGreaterThan(0); // made on the owner's connection, which knows no queue
    await sweep(system);
    await untilLogged(system);
    await expect
      .poll(async () => {
        const { entries } = await readLog(system);
        return rows.every(({ id }) => entries.some((entry) => entry.id === id));
      })
      .toBe(true);
  });

  it('AUD-05: a row that is changed after it was logged is not what its leaf says', async () => {
    await untilLogged(system);
    const { entries } = await readLog(system);
    const [event] = await trail(system, `type = 'patient.read' and outcome = 'success'`);
    const entry = entries.find(({ id }) => id === event?.id);
    expect(entry).toMatchObject({ type: 'patient.read' });
    await system.owner.query(`update salus.audit_events set type = 'patient.list' where id = $1`, [
      event?.id,
    ]);
    const { rows } = await system.owner.query(
      'select salus.audit_row(e) as row from salus.audit_events e where id = $1',
      [event?.id],
    );
    expect(rows[0].row).not.toEqual(entry);
    await system.owner.query(`update salus.audit_events set type = 'patient.read' where id = $1`, [
      event?.id,
    ]);
  });
});
