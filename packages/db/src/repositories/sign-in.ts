// Signing in, step by step, through the functions of migration 0005: before there is a session the runtime role can read
// no table. Each step is two round trips, one before and one after the secret is looked at.
import { type Bytes, blindIndex, normalise, type OrganizationKey } from '@salus/crypto';
import { type OrganizationId, organizationId, user } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../bytea.ts';
import type { Call } from '../call.ts';
import { withCurrentKeys } from '../current-keys.ts';
import type { Row } from '../database.ts';
import type { OrganizationKeys } from '../keyring.ts';
import { openUnderOrganization } from '../sealed-record.ts';
import { sourceIndex } from '../source.ts';
import { eventsOf, sealOrigin } from '../trail.ts';
import { PLATFORM } from './refusal.ts';
import { type SignedIn, signedInOf } from './session.ts';

/** What a password is about to be held against. */
export interface PasswordAttempt {
  readonly organizationId: OrganizationId;
  /** Too many attempts: nothing is looked at. */
  readonly throttled: boolean;
  /** PHC string; null when there is no such account, or it is disabled. */
  readonly passwordHash: string | null;
}

/** @throws DatabaseError */
export async function beginSignIn(call: Call, email: string): Promise<PasswordAttempt> {
  const [[row] = []] = await withCurrentKeys(call, PLATFORM, async (keys) =>
    call.database.transaction([
      sql`select * from salus.begin_sign_in(${await emailIndexes(keys, email)}, ${keys.current.version}::integer,
                                            ${await sourceIndex(keys, call)})`,
    ]),
  );
  return {
    organizationId: organizationId.parse(row?.organization_id),
    throttled: row?.throttled === true,
    passwordHash: typeof row?.password_hash === 'string' ? row.password_hash : null,
  };
}

export interface PasswordOutcome {
  readonly outcome: 'success' | 'denied' | 'throttled';
  /** Hash of the token that the second factor will name; null unless the outcome is `success`. */
  readonly challengeHash: Bytes | null;
}

/** @throws DatabaseError */
export async function finishSignIn(
  call: Call,
  email: string,
  organization: OrganizationId,
  { outcome, challengeHash }: PasswordOutcome,
): Promise<void> {
  const { current } = await call.keyring.organization(organization);
  const platform = await call.keyring.organization(PLATFORM);
  const [rows = []] = await call.database.transaction([
    sql`
      select salus.finish_sign_in(
        ${await emailIndexes(platform, email)}, ${await sourceIndex(platform, call)}, ${outcome}, ${byteaParameter(challengeHash)},
        ${call.requestId}::uuid, ${await sealOrigin(call, current)}
      ) as event`,
  ]);
  call.committed(eventsOf(rows));
}

/** What a one-time code is about to be held against. */
export interface SecondFactorAttempt {
  readonly organizationId: OrganizationId;
  readonly throttled: boolean;
  /** Base32. */
  readonly totpSecret: string;
  /** The last time step that was accepted. */
  readonly lastStep: number | null;
}

/** Null when the challenge is not one, was used, or is over. @throws DatabaseError, IntegrityError */
export async function beginSecondFactor(
  call: Call,
  challengeHash: Bytes,
): Promise<SecondFactorAttempt | null> {
  const [[row] = []] = await call.database.transaction([
    sql`
      select throttled, organization_id, user_id as id, totp_secret::text as "totpSecret", totp_last_step
        from salus.begin_second_factor(${byteaParameter(challengeHash)})`,
  ]);
  if (!row?.organization_id) return null;
  const organization = organizationId.parse(row.organization_id);
  return {
    organizationId: organization,
    throttled: row.throttled === true,
    totpSecret: await openTotpSecret(await call.keyring.organization(organization), row),
    lastStep: row.totp_last_step === null ? null : Number(row.totp_last_step),
  };
}

export interface SecondFactorOutcome {
  readonly outcome: 'success' | 'denied' | 'throttled';
  /** The time step of the code; the database accepts each once and only forwards. */
  readonly step: number | null;
  readonly newSession: string;
  readonly refreshHash: Bytes;
}

/** Null when the database did not accept it, whatever the outcome says. @throws DatabaseError */
export async function finishSecondFactor(
  call: Call,
  organization: OrganizationId,
  challengeHash: Bytes,
  { outcome, step, newSession, refreshHash }: SecondFactorOutcome,
): Promise<SignedIn | null> {
  const { current } = await call.keyring.organization(organization);
  const [[row] = []] = await call.database.transaction([
    sql`
      select * from salus.finish_second_factor(
        ${byteaParameter(challengeHash)}, ${outcome}, ${step}::bigint, ${newSession}::uuid,
        ${byteaParameter(refreshHash)}, ${call.requestId}::uuid, ${await sealOrigin(call, current)})`,
  ]);
  call.committed(eventsOf(row ? [row] : []));
  return row?.accepted === true ? signedInOf(row) : null;
}

async function openTotpSecret(keys: OrganizationKeys, row: Row): Promise<string> {
  const { totpSecret } = await openUnderOrganization(user, ['totpSecret'], row, keys);
  return user.fields.totpSecret.schema.parse(totpSecret);
}

/** Under the platform's keys, newest first: whoever signs in has not said yet which organization they belong to. */
async function emailIndexes({ live }: OrganizationKeys, email: string): Promise<SQL> {
  const indexes = await Promise.all(live.map((key) => emailIndex(key, email)));
  return sql`array[${sql.join(indexes.map(byteaParameter), sql`, `)}]`;
}

/** What an account is found by. */
export function emailIndex(platformKey: OrganizationKey, email: string): Promise<Bytes> {
  return blindIndex(platformKey, user.table, 'email', normalise.email(email));
}
