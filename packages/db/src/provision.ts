// What is set up from outside, before anybody can sign in: the platform's key, an organization with its first key, an
// account. Runs in Node on the owner's connection, and leaves a row in the trail for each thing that it makes.
import { randomUUID } from 'node:crypto';
import { createOrganizationKey, type KeyProviders } from '@salus/crypto';
import {
  type OrganizationId,
  organizationId,
  type PatientId,
  type Role,
  type SessionId,
  sessionId,
  type UserId,
  user,
  userId,
} from '@salus/schema';
import { KeyError } from './errors.ts';
import type { OrganizationKeys } from './keyring.ts';
import { heldKeys, storeKey } from './keys/stored.ts';
import type { SqlConnection } from './migrate.ts';
import { asOwner, hexadecimal, recordAsOwner } from './owner.ts';
import { PLATFORM } from './repositories/refusal.ts';
import { emailIndex } from './repositories/sign-in.ts';
import { sealFields } from './sealed-record.ts';
import { uuidV7 } from './uuid-v7.ts';

const FIRST_VERSION = 1;

export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
  readonly code: 'email_taken' | 'organization_unknown' | 'held';

  constructor(code: ProvisionError['code']) {
    super(code.replaceAll('_', ' '));
    this.code = code;
  }
}

/** Gives the platform its key, if it has none. To be run after every migration; again changes nothing. */
export async function provisionPlatform(connection: SqlConnection, providers: KeyProviders): Promise<void> {
  await asOwner(connection, async () => {
    await connection.query('lock table salus.organization_keys in share row exclusive mode');
    const { rows } = await connection.query(
      'select from salus.organization_keys where organization_id = $1',
      [PLATFORM],
    );
    if (rows.length === 0) await addKey(connection, providers, PLATFORM);
  });
}

/** Makes an organization and its first key. @throws KeyProviderError */
export function createOrganization(
  connection: SqlConnection,
  providers: KeyProviders,
  { name }: { readonly name: string },
): Promise<OrganizationId> {
  return asOwner(connection, async () => {
    const id = organizationId.parse(uuidV7(Date.now()));
    await connection.query('insert into salus.organizations (id, name) values ($1, $2)', [id, name]);
    await addKey(connection, providers, id);
    await recordAsOwner(connection, { organization: id, type: 'organization.create', resourceId: id });
    return id;
  });
}

export interface NewAccount {
  readonly organizationId: OrganizationId;
  readonly role: Role;
  readonly email: string;
  readonly displayName: string;
  /** PHC string. */
  readonly passwordHash: string;
  /** Base32. */
  readonly totpSecret: string;
  /** The record that is this user's own: with the role `patient`, and only with it. */
  readonly patientId?: PatientId;
}

/** Makes an account that can sign in. @throws ProvisionError, KeyProviderError */
export function createUser(
  connection: SqlConnection,
  providers: KeyProviders,
  account: NewAccount,
): Promise<UserId> {
  return asOwner(connection, async () => {
    const id = userId.parse(uuidV7(Date.now()));
    const { current } = await keysOf(connection, providers, account.organizationId);
    const platform = await heldKeys(connection, providers, PLATFORM);
    const emailIndexes = await Promise.all(platform.live.map((key) => emailIndex(key, account.email)));
    const taken = await connection.query('select from salus.users where email_index = any ($1::bytea[])', [
      emailIndexes.map(hexadecimal),
    ]);
    if (taken.rows.length > 0) throw new ProvisionError('email_taken');

    const home = { organization: account.organizationId, key: current.accountKey, rowId: id };
    const sealed = await sealFields(user, ['email', 'displayName', 'totpSecret'], { ...account }, home);
    const bytea = (column: string) => hexadecimal(sealed.get(column) ?? null);
    await connection.query(
      `insert into salus.users
         (organization_id, id, role, email, email_index, display_name, patient_id, password_hash, totp_secret,
          organization_key_version, email_index_version)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        account.organizationId,
        id,
        account.role,
        bytea('email'),
        hexadecimal(emailIndexes[0] ?? null),
        bytea('display_name'),
        account.patientId ?? null,
        account.passwordHash,
        bytea('totp_secret'),
        current.version,
        platform.current.version,
      ],
    );
    await recordAsOwner(connection, {
      organization: account.organizationId,
      type: 'user.create',
      resourceId: id,
    });
    return id;
  });
}

/**
 * Opens a session of a few minutes for an account, without its second factor: for whoever holds the owner's connection and
 * sets up demonstration data through the repositories. The trail says so.
 */
export function openSession(connection: SqlConnection, account: UserId): Promise<SessionId> {
  return asOwner(connection, async () => {
    const { rows } = await connection.query(
      `insert into salus.sessions (organization_id, id, user_id, role, second_factor_at, expires_at)
       select organization_id, $2, id, role, now(), now() + interval '5 minutes' from salus.users where id = $1
       returning id, organization_id`,
      [account, randomUUID()],
    );
    const session = sessionId.parse(rows[0]?.id);
    await recordAsOwner(connection, {
      organization: organizationId.parse(rows[0]?.organization_id),
      type: 'session.provisioned',
      resourceId: account,
    });
    return session;
  });
}

/**
 * Destroys every record and account of an organization that has left. Its trail and its logs stay, and can be read.
 * @returns how many records there were
 * @throws ProvisionError `held` while a legal hold is in force on anything of it; nothing is destroyed then
 */
export function shredOrganization(connection: SqlConnection, id: OrganizationId): Promise<number> {
  return asOwner(connection, async () => {
    const { rows } = await connection.query('select salus.shred_organization($1) as records', [id]);
    const records = rows[0]?.records ?? null;
    if (records === null) throw new ProvisionError('held');
    await recordAsOwner(connection, {
      organization: id,
      type: 'organization.shred',
      resourceId: id,
      details: { count: Number(records) },
    });
    return Number(records);
  });
}

/** What an organization is called. @throws ProvisionError when there is none */
export function organizationName(connection: SqlConnection, id: OrganizationId): Promise<string> {
  return asOwner(connection, async () => {
    const { rows } = await connection.query('select name from salus.organizations where id = $1', [id]);
    if (!rows[0] || id === PLATFORM) throw new ProvisionError('organization_unknown');
    return String(rows[0].name);
  });
}

async function addKey(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
): Promise<void> {
  const { wrapped } = await createOrganizationKey(providers.first, organization, FIRST_VERSION);
  await storeKey(connection, providers.first, organization, { version: FIRST_VERSION, wrapped });
}

/** @throws ProvisionError when there is no such organization */
async function keysOf(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
): Promise<OrganizationKeys> {
  try {
    return await heldKeys(connection, providers, organization);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new ProvisionError('organization_unknown');
  }
}
