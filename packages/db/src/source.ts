// The caller's network address as a keyed hash, so that calls can be counted by it without its being kept.
import { blindIndex } from '@salus/crypto';
import type { SQL } from 'drizzle-orm';
import ipaddr from 'ipaddr.js';
import { byteaParameter } from './bytea.ts';
import type { Call } from './call.ts';
import type { OrganizationKeys } from './keyring.ts';

/** @param platform the platform's keys: who has not signed in belongs to no organization yet */
export async function sourceIndex({ current }: OrganizationKeys, call: Call): Promise<SQL> {
  const source = networkOf(call.origin.address);
  return byteaParameter(await blindIndex(current, 'sign_in_attempts', 'source', source));
}

/** Of IPv6 the network's 64 bits (RFC 4291 §2.5.4): a caller has all addresses in it, and could take another for each call. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}
