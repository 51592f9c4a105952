// PostgreSQL takes an id in any letters for the same id. Whatever else stands under an id as a text must do so too: what is
// sealed, keys at hand, objects in storage.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sinceYesterday } from '../harness/calls.ts';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';

const TREAT = { purpose: 'TREAT' } as const;
const HOPERAT = { purpose: 'HOPERAT' } as const;

let system: System;
let provider: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
});
afterAll(() => system.stop());

const capitals = <T extends string>(id: T) => id.toUpperCase() as T; // the same id

describe('a record that is named in capitals', () => {
  it.each([{ phone: '555-777-1234' }, { birthDate: '1957-06-28' }])(
    'and so changed is as readable and as easy to find as before: %j',
    async (change) => {
      const record = somebody();
      const { id, version } = await provider.client.patients.create(record, TREAT);
      const changed = await provider.client.patients.update({ id: capitals(id), version, ...change }, TREAT);
      expect(changed).toEqual({ id, version: version + 1 });
      expect(await provider.client.patients.get({ id: capitals(id) }, TREAT)).toEqual({
        ...record,
        ...change,
        id,
        version: version + 1,
      });
      const { items } = await provider.client.patients.search({ mrn: record.mrn }, TREAT);
      expect(items).toMatchObject([{ id }]);
      expect(await trail(system, `type = 'integrity.failed'`)).toEqual([]);
    },
  );

  it('takes the same members into its care team', async () => {
    const nurse = await system.signedIn('nurse');
    const { id } = await provider.client.patients.create(somebody(), TREAT);
    const member = { patientId: capitals(id), userId: capitals(nurse.account.id) };
    expect(await provider.client.careTeam.assign(member, TREAT)).toEqual({
      patientId: id,
      userId: nurse.account.id,
    });
    expect(await nurse.client.patients.get({ id, fields: ['sex'] }, TREAT)).toMatchObject({ id });
  });
});

it('a report that is named in capitals is the same report', async () => {
  const officer = await system.signedIn('privacy_officer');
  const { id } = await officer.client.reports.create(sinceYesterday(), HOPERAT);
  const { content } = await officer.client.reports.get({ id: capitals(id), format: 'json' }, HOPERAT);
  expect(JSON.parse(content)).toMatchObject({ id });
});
