// Who and what is in the database of a run. A provider's own patients are made by Salus itself, and read. The others only
// make the tables as large as they are: copies of those rows with ids and indexes of their own, which nobody could open and
// nobody reads.
import { hashPassword, newTotpSecret } from '@salus/auth';
import { argon2id } from '@salus/auth/argon2id';
import { keyProviders, localKeyProvider } from '@salus/crypto';
import { createOrganization, createUser, provisionPlatform } from '@salus/db/provision';
import { type OrganizationId, organizationId, type Role } from '@salus/schema';
import { closedLoop } from '../load/closed-loop.ts';
import type { BenchDatabase } from './database.ts';
import { person } from './people.ts';
import type { RunningWorker, SalusKeys } from './salus.ts';
import { type Account, openSession, result, type Session } from './session.ts';

export interface Accounts {
  readonly organization: OrganizationId;
  readonly provider: Account;
  readonly officer: Account;
  /** For signing in: each can do so once in thirty seconds, because a code is good once. */
  readonly others: readonly Account[];
}

const PASSWORD = 'correct horse battery staple of the bench';

export async function makeAccounts(
  database: BenchDatabase,
  keys: SalusKeys,
  others: number,
): Promise<Accounts> {
  const providers = keyProviders(await localKeyProvider(keys.rootKey));
  await provisionPlatform(database.owner, providers);
  const organization = await createOrganization(database.owner, providers, { name: 'Bench Clinic' });
  // One hash for all: what is measured is checking it.
  const passwordHash = await hashPassword(await argon2id(), PASSWORD);
  const make = async (role: Role, name: string): Promise<Account> => {
    const account = { email: `${name}@clinic.example`, password: PASSWORD, totpSecret: newTotpSecret() };
    await createUser(database.owner, providers, {
      ...account,
      organizationId: organizationId.parse(organization),
      role,
      displayName: name,
      passwordHash,
    });
    return account;
  };
  const provider = await make('provider', 'provider');
  const officer = await make('privacy_officer', 'officer');
  const made: Account[] = [];
  for (let at = 0; at < others; at++) made.push(await make('nurse', `nurse${at}`));
  return { organization, provider, officer, others: made };
}

export interface Population {
  readonly provider: Session;
  readonly officer: Session;
  /** Ids of the provider's patients; the serial of each is its place in the list. */
  readonly patients: readonly string[];
}

/** @param own how many patients the provider has @param all how many there are in the end */
export async function populate(
  database: BenchDatabase,
  salus: RunningWorker,
  accounts: Accounts,
  { own, all }: { readonly own: number; readonly all: number },
): Promise<Population> {
  const provider = await openSession(salus.url, accounts.provider);
  const officer = await openSession(salus.url, accounts.officer);
  const patients: string[] = new Array(own);
  let next = 0;
  const callers = 8;
  await closedLoop({
    url: salus.url,
    callers,
    seconds: Number.POSITIVE_INFINITY,
    until: () => next >= own,
    work: async (connection) => {
      const serial = next++;
      if (serial >= own) return;
      const call = provider.call('patients.create', person(serial), 'TREAT');
      patients[serial] = (await result<{ id: string }>(connection, call)).id;
    },
  });
  await fill(database, all);
  return { provider, officer, patients };
}

/** Copies what is there until there are `all` patients, with their keys. */
export async function fill(database: BenchDatabase, all: number): Promise<void> {
  const { owner } = database;
  const patientColumns = await columnsOf(database, 'patients');
  const keyColumns = await columnsOf(database, 'patient_keys');
  await owner.query('create sequence if not exists public.bench_serial');
  await owner.query("set session_replication_role = 'replica'"); // no triggers: nobody joins a care team
  for (;;) {
    const { rows } = await owner.query<{ n: number }>('select count(*)::int as n from salus.patients');
    const missing = all - (rows[0]?.n ?? all);
    if (missing <= 0) break;
    const ofPatient = patientColumns.map((name) => {
      if (name === 'id') return 'new_id';
      return name.endsWith('_index') ? `sha256(int8send(serial) || '${name}'::bytea)` : `p.${name}`;
    });
    await owner.query(
      `with source as materialized (
         select p as patient, gen_random_uuid() as new_id, nextval('public.bench_serial') as serial
           from salus.patients p limit ${Math.min(missing, 50_000)}
       ),
       made as (
         insert into salus.patients (${patientColumns.join(', ')})
         select ${ofPatient.join(', ').replaceAll('p.', '(patient).')} from source
       )
       insert into salus.patient_keys (${keyColumns.join(', ')})
       select ${keyColumns.map((name) => (name === 'patient_id' ? 'new_id' : `k.${name}`)).join(', ')}
         from source
         join lateral (select * from salus.patient_keys k
                        where (k.organization_id, k.patient_id) = ((patient).organization_id, (patient).id) limit 1) k on true`,
    );
  }
  await owner.query("set session_replication_role = 'origin'");
  await owner.query('vacuum analyze salus.patients, salus.patient_keys, salus.care_team');
}

async function columnsOf({ owner }: BenchDatabase, table: string): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `select column_name as name from information_schema.columns
      where table_schema = 'salus' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position`,
    [table],
  );
  return rows.map(({ name }) => name);
}
