// The demonstration: one organization, an account for every role, a dozen invented patients. Accounts are made as
// `salus user create` makes them and records through the repositories, so that all of it is sealed, checked and in the trail.
import { randomUUID } from 'node:crypto';
import { hashPassword, newTotpSecret } from '@salus/auth';
import { argon2id } from '@salus/auth/argon2id';
import type { KeyProviders } from '@salus/crypto';
import { assignToCareTeam, type Call, createPatient, type Database, type Keyring } from '@salus/db';
import { createOrganization, createUser, openSession, ProvisionError } from '@salus/db/provision';
import { authorize, type Subject } from '@salus/policy';
import type { OrganizationId, PatientId, Role, UserId } from '@salus/schema';
import type pg from 'pg';
import { newRandomPassword } from '../secrets/secrets.ts';
import type { DemoUser } from './demo.ts';
import { DEMO_PATIENTS } from './demo-patients.ts';

export interface SeedOptions {
  readonly owner: pg.Client;
  readonly providers: KeyProviders;
  readonly database: Database;
  readonly keyring: Keyring;
}

export interface Seeded {
  readonly organizationId: OrganizationId;
  readonly users: readonly DemoUser[];
}

interface Person {
  readonly role: Role;
  readonly mailbox: string;
  readonly displayName: string;
}

const FIRST_PROVIDER: Person = { role: 'provider', mailbox: 'provider', displayName: 'Dr. Amara Okafor' };
/** Takes part in nobody's care, to try what such a provider sees: nothing. */
const SECOND_PROVIDER: Person = {
  role: 'provider',
  mailbox: 'provider2',
  displayName: 'Dr. Lucía Fernández',
};
const NURSE: Person = { role: 'nurse', mailbox: 'nurse', displayName: 'Kim Min-jun' };
const PATIENT: Person = { role: 'patient', mailbox: 'patient', displayName: 'María José Ordóñez' };
const OTHERS: readonly Person[] = [
  { role: 'admin', mailbox: 'admin', displayName: 'Robin Adler' },
  { role: 'billing', mailbox: 'billing', displayName: 'Yusuf Demir' },
  { role: 'privacy_officer', mailbox: 'privacy', displayName: 'Ingrid Sørensen' },
];

const DOMAINS_AT_MOST = 100;

/** @throws ProvisionError, DatabaseError, KeyProviderError; what was made by then stays, and is in nobody's way */
export async function seed(options: SeedOptions): Promise<Seeded> {
  const organizationId = await createOrganization(options.owner, options.providers, { name: 'Demo Clinic' });
  const { domain, ...provider } = await firstAccount(options, organizationId);
  const account = (person: Person, patientId?: PatientId) =>
    createAccount(options, { organizationId, domain, person, ...(patientId && { patientId }) });

  const secondProvider = await account(SECOND_PROVIDER);
  const nurse = await account(NURSE);
  const others: Account[] = [];
  for (const person of OTHERS) others.push(await account(person));

  const patients = await createPatients(options, { organizationId, provider: provider.id, nurse: nurse.id });
  const [own] = patients;
  const patient = await account(PATIENT, own);
  return {
    organizationId,
    users: [provider, nurse, patient, ...others, secondProvider].map(({ user }) => user),
  };
}

interface Account {
  readonly id: UserId;
  readonly user: DemoUser;
}

/**
 * An address signs in to one account of the whole deployment. When a demonstration is made anew (the last attempt was
 * interrupted, or others share the database), it takes a domain of its own.
 */
async function firstAccount(
  options: SeedOptions,
  organizationId: OrganizationId,
): Promise<Account & { readonly domain: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const domain = attempt === 1 ? 'demo.example' : `demo${attempt}.example`;
    try {
      return {
        domain,
        ...(await createAccount(options, { organizationId, domain, person: FIRST_PROVIDER })),
      };
    } catch (error) {
      const taken = error instanceof ProvisionError && error.code === 'email_taken';
      if (!taken || attempt === DOMAINS_AT_MOST) throw error;
    }
  }
}

async function createAccount(
  { owner, providers }: SeedOptions,
  of: {
    readonly organizationId: OrganizationId;
    readonly domain: string;
    readonly person: Person;
    readonly patientId?: PatientId;
  },
): Promise<Account> {
  const { role, mailbox, displayName } = of.person;
  const user = {
    role,
    email: `${mailbox}@${of.domain}`,
    password: newRandomPassword(),
    totpSecret: newTotpSecret(),
  };
  const id = await createUser(owner, providers, {
    organizationId: of.organizationId,
    role,
    email: user.email,
    displayName,
    passwordHash: await hashPassword(await argon2id(), user.password),
    totpSecret: user.totpSecret,
    ...(of.patientId && { patientId: of.patientId }),
  });
  return { id, user };
}

/** Registered by the provider, who thereby takes part in their care; the nurse takes part in every second one's. */
async function createPatients(
  { owner, database, keyring }: SeedOptions,
  of: { readonly organizationId: OrganizationId; readonly provider: UserId; readonly nurse: UserId },
): Promise<PatientId[]> {
  const subject: Subject = {
    userId: of.provider,
    sessionId: await openSession(owner, of.provider),
    organizationId: of.organizationId,
    role: 'provider',
    secondFactorAt: Date.now() / 1000,
  };
  const call = (): Call => ({
    database,
    keyring,
    requestId: randomUUID(),
    origin: { address: '127.0.0.1', agent: 'salus dev' },
    now: Date.now,
    // There is no queue yet. The Worker's sweep takes to the log what has no leaf.
    committed: () => undefined,
  });
  const purpose = 'TREAT';
  const ids: PatientId[] = [];
  for (const [index, record] of DEMO_PATIENTS.entries()) {
    const create = authorize(subject, { resource: 'patient', action: 'create', purpose }, Date.now());
    const { id } = (await createPatient(call(), create, record)).reveal();
    ids.push(id);
    if (index % 2 === 1) continue;
    const assign = authorize(subject, { resource: 'care_team', action: 'create', purpose }, Date.now());
    await assignToCareTeam(call(), assign, { patientId: id, userId: of.nurse });
  }
  return ids;
}
