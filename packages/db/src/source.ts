// The caller's network address as a keyed hash, so that calls can be counted by it without its being kept.
import { blindIndex } from '@salus/crypto';
import type { SQL } from 'drizzle-orm';
import { byteaParameter } from './bytea.ts';
import type { Call } from './call.ts';
import type { OrganizationKeys } from './keyring.ts';

/** @param platform the platform's keys: who has not signed in belongs to no organization yet */
export async function sourceIndex({ current }: OrganizationKeys, call: Call): Promise<SQL> {
  return byteaParameter(await blindIndex(current, 'sign_in_attempts', 'source', call.origin.address));
}
