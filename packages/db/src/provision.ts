// What is set up from outside, before anybody can sign in: the platform's key, an organization with its first key, an
// account. Runs in Node on the owner's connection (the runtime role may do none of this), and leaves a row in the trail
// for each thing that it makes (45 CFR 164.312(b): configuration, new users, roles).
import { randomUUID } from 'node:crypto';
import { EVENT_KINDS, type EventType } from '@salus/audit';
import {
  blindIndex,
  createOrganizationKey,
  type KeyProviders,
  normalise,
  type OrganizationKey,
  toHex,
  unwrapOrganizationKey,
} from '@salus/crypto';
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
import { bytesOf } from './bytea.ts';
import type { SqlConnection } from './migrate.ts';
import { PLATFORM } from './repositories/refusal.ts';
import { sealFields } from './sealed-record.ts';
import { uuidV7 } from './uuid-v7.ts';

const FIRST_VERSION = 1;

export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
  readonly code: 'email_taken' | 'organization_unknown';

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
    await record(connection, id, 'organization.create', id);
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
    const organizationKey = await newestKey(connection, providers, account.organizationId);
    const platformKey = await newestKey(connection, providers, PLATFORM);
    const emailIndex = await blindIndex(platformKey, user.table, 'email', normalise.email(account.email));
    const taken = await connection.query('select from salus.users where email_index = $1', [
      `\\x${toHex(emailIndex)}`,
    ]);
    if (taken.rows.length > 0) throw new ProvisionError('email_taken');

    const home = { organization: account.organizationId, key: organizationKey.accountKey, rowId: id };
    const sealed = await sealFields(user, ['email', 'displayName', 'totpSecret'], { ...account }, home);
    const bytea = (column: string) => {
      const bytes = sealed.get(column);
      return bytes ? `\\x${toHex(bytes)}` : null;
    };
    await connection.query(
      `insert into salus.users
         (organization_id, id, role, email, email_index, display_name, patient_id, password_hash, totp_secret)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        account.organizationId,
        id,
        account.role,
        bytea('email'),
        `\\x${toHex(emailIndex)}`,
        bytea('display_name'),
        account.patientId ?? null,
        account.passwordHash,
        bytea('totp_secret'),
      ],
    );
    await record(connection, account.organizationId, 'user.create', id);
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
    await record(connection, organizationId.parse(rows[0]?.organization_id), 'session.provisioned', account);
    return session;
  });
}

async function addKey(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
): Promise<void> {
  const { wrapped } = await createOrganizationKey(providers.first, organization, FIRST_VERSION);
  await connection.query(
    'insert into salus.organization_keys (organization_id, version, provider, wrapped) values ($1, $2, $3, $4)',
    [organization, FIRST_VERSION, providers.first.id, `\\x${toHex(wrapped)}`],
  );
}

async function newestKey(
  connection: SqlConnection,
  providers: KeyProviders,
  organization: OrganizationId,
): Promise<OrganizationKey> {
  const { rows } = await connection.query(
    `select version, provider, wrapped::text as wrapped from salus.organization_keys
      where organization_id = $1 order by version desc limit 1`,
    [organization],
  );
  const [row] = rows;
  if (!row) throw new ProvisionError('organization_unknown');
  const provider = providers.of(String(row.provider));
  return unwrapOrganizationKey(provider, organization, Number(row.version), bytesOf(row.wrapped));
}

async function record(
  connection: SqlConnection,
  organization: OrganizationId,
  type: EventType,
  resourceId: string,
): Promise<void> {
  await connection.query(
    `insert into salus.audit_events (organization_id, kind, type, outcome, resource, resource_id, request_id)
     values ($1, $2, $3, 'success', $4, $5, $6)`,
    [organization, EVENT_KINDS[type], type, type.split('.')[0], resourceId, randomUUID()],
  );
}

async function asOwner<T>(connection: SqlConnection, work: () => Promise<T>): Promise<T> {
  await connection.query('begin');
  try {
    await connection.query('set local role salus_owner');
    const result = await work();
    await connection.query('commit');
    return result;
  } catch (error) {
    await connection.query('rollback');
    throw error;
  }
}
