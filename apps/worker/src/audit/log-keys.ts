// What the logs are called and who signs them. A deployment that changes its key signs by the new one and, as long as verifiers
// have the old one, by that too (docs/audit-log.md).
import { type NoteSigner, noteSigner } from '@salus/audit/log';
import { fromBase64 } from '@salus/crypto';
import type { Env } from '../env.ts';

export type LogKeys = Pick<Env, 'LOG_ORIGIN' | 'LOG_SIGNING_KEY' | 'LOG_PREVIOUS_SIGNING_KEY'>;

/** Where the files of a log are, below the bucket and below the host. */
export function logPrefix(organization: string, year: number): string {
  return `log/${organization}/${year}`;
}

/** The signers of a log: the present key first. @throws LogError `signing_key_malformed`; EncodingError */
export async function logSigners(keys: LogKeys, prefix: string): Promise<[NoteSigner, ...NoteSigner[]]> {
  const signer = (seed: string) => noteSigner(`${keys.LOG_ORIGIN}/${prefix}`, fromBase64(seed));
  const { LOG_SIGNING_KEY, LOG_PREVIOUS_SIGNING_KEY } = keys;
  const present = await signer(LOG_SIGNING_KEY);
  return LOG_PREVIOUS_SIGNING_KEY ? [present, await signer(LOG_PREVIOUS_SIGNING_KEY)] : [present];
}
