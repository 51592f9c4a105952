// Whoever finds somebody by a value knows the value: a search may compare only what the caller's role may read.
import { POLICY } from '@salus/policy';
import type { NewPatient, PatientId, PatientSearch, PurposeOfUse, Role } from '@salus/schema';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';

const PURPOSE = {
  provider: 'TREAT',
  nurse: 'TREAT',
  billing: 'HPAYMT',
  admin: 'HOPERAT',
} as const satisfies {
  [R in Role]?: PurposeOfUse;
};
type Searcher = keyof typeof PURPOSE;

let system: System;
const of = new Map<Searcher, SignedIn>();
const record: NewPatient = somebody();
let id: PatientId;
beforeAll(async () => {
  system = await startSystem();
  const searchers = Object.keys(PURPOSE) as Searcher[]; // its own keys
  for (const role of searchers) of.set(role, await system.signedIn(role));
  const provider = as('provider');
  id = (await provider.client.patients.create(record, { purpose: 'TREAT' })).id as PatientId;
  const userId = as('nurse').account.id;
  await provider.client.careTeam.assign({ patientId: id, userId }, { purpose: 'TREAT' });
});
afterAll(() => system.stop());

function as(role: Searcher): SignedIn {
  const signedIn = of.get(role);
  if (!signedIn) throw new Error(`nobody signed in as ${role}`);
  return signedIn;
}

type Query = Omit<PatientSearch, 'limit' | 'cursor'>;

const { mrn, ssn = '', email = '', phone = '', name, birthDate } = record;
const queries: Query[] = [{ mrn }, { ssn }, { email }, { phone }, { name, birthDate }];
const cells = (Object.keys(PURPOSE) as Searcher[]).flatMap((role) =>
  queries.map((query) => {
    const readable: readonly string[] = POLICY.patient[role]?.actions.read ?? [];
    const by = Object.keys(query);
    return { role, by, query, found: by.every((field) => readable.includes(field)) };
  }),
);

it.each(cells)('$role by $by: $found', async ({ role, query, found }) => {
  const answer = await system.post('/trpc/patients.search', query, {
    ...as(role).headers(),
    'purpose-of-use': PURPOSE[role],
  });
  const { result, error } = (await answer.json()) as {
    result?: { data: { items: { id: string }[] } };
    error?: { data: { appCode: string } };
  };
  expect(result?.data.items.map((item) => item.id) ?? error?.data.appCode).toEqual(
    found ? [id] : 'field_not_granted',
  );
});

it('is tried by a value that a role may not read, and answered alike whether it is right or wrong', async () => {
  expect(cells.filter(({ found }) => !found).map(({ role, by }) => `${role} ${by}`)).toEqual([
    'nurse ssn',
    'billing ssn',
    'billing email',
  ]);
  const nurse = as('nurse');
  for (const tried of [ssn, '999-50-1111']) {
    await expect(nurse.client.patients.search({ ssn: tried }, { purpose: 'TREAT' })).rejects.toMatchObject({
      code: 'field_not_granted',
    });
  }
  const [event] = (await trail(system, 'actor_id = $1', [nurse.account.id])).slice(-1);
  expect(event).toMatchObject({
    type: 'patient.search',
    outcome: 'denied',
    details: { reason: 'field_not_granted' },
  });
});
