// What a SIEM gets when it is down, slow to come back, hostile or out of sight: all of it, in order, at least once.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventsIn, once, type SiemExport, startSiemExport } from '../harness/siem-export.ts';

let of: SiemExport;
beforeAll(async () => {
  of = await startSiemExport();
});
afterAll(() => of.stop());
afterEach(() => of.clear());

describe('AUD-17: a SIEM that is in trouble', () => {
  it('for a day loses nothing: what waits lies in the database, and comes in order, so much a minute', async () => {
    const organization = await of.invented(2_700);
    const id = await of.add(organization);
    of.siem.mood = 'failing';
    for (let attempt = 0; attempt < 6; attempt++) await of.minute();
    // One request each time, with one and the same batch: it is not flooded.
    expect(of.siem.received).toHaveLength(6);
    expect(new Set(of.siem.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const troubled = await of.state(id);
    expect(troubled).toMatchObject({ failures: 6, delivered_at: null });
    expect(troubled.failing_since).toBeInstanceOf(Date);

    of.siem.mood = 'well';
    of.siem.received.length = 0;
    await of.minute();
    expect(of.siem.received.map((request) => eventsIn(request).length)).toEqual(Array(10).fill(200));
    await of.minute();
    expect(of.sent()).toEqual(await of.leaves(organization));
    expect(await of.state(id)).toMatchObject({ failures: 0, failing_since: null });
  });

  it('is left alone for longer each time', async () => {
    const id = await of.add(await of.invented(1));
    of.siem.mood = 'failing';
    const waits: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      await of.minute();
      const { rows } = await of.system.owner.query(
        'select extract(epoch from next_attempt_at - now())::float as seconds from salus.destinations where id = $1',
        [id],
      );
      waits.push(rows[0].seconds);
    }
    waits.forEach((seconds, failures) => {
      expect(seconds).toBeGreaterThan(30 * 2 ** failures * 0.5 - 10);
      expect(seconds).toBeLessThanOrEqual(30 * 2 ** failures);
    });
    of.siem.received.length = 0;
    await of.minute({ patient: true });
    expect(of.siem.received).toEqual([]);
  });

  it.each([
    ['busy', 900],
    ['busy_for_ever', 3600],
  ] as const)(
    'that is %s and says for how long is left alone for as long, and for an hour at most',
    async (mood, seconds) => {
      const organization = await of.invented(1);
      const id = await of.add(organization);
      of.siem.mood = mood;
      await of.minute();
      const { rows } = await of.system.owner.query(
        'select extract(epoch from next_attempt_at - now())::float as seconds from salus.destinations where id = $1',
        [id],
      );
      expect(rows[0].seconds).toBeLessThanOrEqual(seconds);
      expect(rows[0].seconds).toBeGreaterThan(seconds - 60);
      await of.minute({ patient: true });
      expect(of.siem.received).toHaveLength(1);
      of.siem.mood = 'well';
      await of.minute();
      expect(once(of.sent())).toEqual(await of.leaves(organization));
    },
  );

  it('that takes a batch but not in our sight gets it again, by the same name, and in order', async () => {
    const organization = await of.invented(450);
    await of.add(organization);
    of.siem.next.push('well', 'lost');
    await of.minute();
    await of.minute();
    const all = of.sent();
    expect(all.length).toBeGreaterThan(450);
    expect(once(all)).toEqual(await of.leaves(organization));
    const names = of.siem.received.map(({ headers }) => headers['webhook-id']);
    expect(names[1]).toBe(names[2]);
  });

  it('that answers when somebody else has taken over moves no cursor, which is theirs', async () => {
    const organization = await of.invented(3);
    const id = await of.add(organization);
    of.siem.beforeAnswer = () =>
      of.system.owner.query(
        `update salus.destinations set next_attempt_at = now() + interval '50 seconds' where id = $1`,
        [id],
      );
    await of.minute();
    expect(once(of.sent())).toEqual(await of.leaves(organization));
    const { rows } = await of.system.owner.query('select from salus.siem_cursors where destination_id = $1', [
      id,
    ]);
    expect(rows).toEqual([]);
    expect(await of.state(id)).toMatchObject({ delivered_at: null });
    of.siem.beforeAnswer = async () => undefined;
    await of.minute();
    expect(of.sent()).toHaveLength(6);
  });

  it.each(['refusing', 'redirecting', 'page', 'garbage', 'flood', 'lost'] as const)(
    'API-23: %s, is not believed, not followed, not read and not quoted',
    async (mood) => {
      const organization = await of.invented(2);
      const id = await of.add(organization);
      of.siem.mood = mood;
      await of.minute();
      expect(await of.state(id)).toMatchObject({ failures: 1 });
      expect(of.siem.received.map(({ path }) => path)).toEqual(['/collect']);
      expect(of.system.printed.join('\n')).not.toMatch(/canary|collect/);
      of.siem.mood = 'well';
      await of.minute();
      expect(once(of.sent())).toEqual(await of.leaves(organization));
    },
  );

  it('keeps no other back, of the same organization or of another', async () => {
    const [one, other] = [await of.invented(2), await of.invented(2)];
    await of.add(one, { target: 'http://127.0.0.1:1/' });
    await of.add(one);
    await of.add(other, { target: 'https://169.254.169.254/latest/' });
    await of.add(other);
    await of.minute();
    const logs = [...(await of.leaves(one)), ...(await of.leaves(other))];
    expect(
      of
        .sent()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(logs.map(({ id }) => id).toSorted());
    expect(of.system.printed.join('\n')).toContain('siem_host_not_public');
  });
});
