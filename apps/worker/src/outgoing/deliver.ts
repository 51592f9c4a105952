// A message on its way to a destination that an organization has configured: where it may go, how it says who we are, and how
// long we wait for an answer.
import { fromBase64, utf8 } from '@salus/crypto';
import { type DestinationPolicy, destinationOf, post, signatureOf } from '@salus/outgoing';
import type { Destination } from '@salus/schema';
import type { Configuration } from '../env.ts';

const TIMEOUT = 10_000;

export interface Message {
  /** The same each time that the same message is sent. */
  readonly id: string;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

export function policyOf({ SALUS_ENVIRONMENT, ISSUER, LOG_ORIGIN }: Configuration): DestinationPolicy {
  return {
    allowLoopback: SALUS_ENVIRONMENT === 'development',
    ownHosts: [new URL(ISSUER).hostname, LOG_ORIGIN.replace(/:\d+$/, '')],
  };
}

/** Delivers, when the other side says that it took it. @throws OutgoingError */
export async function deliver(
  { target, ...of }: Destination,
  { id, type, body }: Message,
  policy: DestinationPolicy,
): Promise<void> {
  const url = destinationOf(target, policy);
  const identity = await identityOf(of, { id, timestamp: Math.floor(Date.now() / 1000), body });
  await post({ url, headers: { 'content-type': type, ...identity }, body, timeout: TIMEOUT });
}

function identityOf(
  {
    authentication,
    secret,
    previousSecret,
  }: Pick<Destination, 'authentication' | 'secret' | 'previousSecret'>,
  message: Parameters<typeof signatureOf>[1],
): Promise<Record<string, string>> | Record<string, string> {
  const secrets = [secret, previousSecret].filter((value) => value !== undefined);
  if (authentication === 'hmac') return signatureOf(secrets.map(fromBase64), message);
  return authentication === 'bearer' ? { authorization: `Bearer ${secrets[0] ?? ''}` } : {};
}

/** One JSON text a line. */
export function jsonLines(values: readonly unknown[]): Uint8Array<ArrayBuffer> {
  return utf8(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}
