// The witnesses of the logs (LOG_WITNESSES): one a line, as in a policy file of c2sp.org/tlog-policy, `witness <name>
// <verifier key> <URL>`. The name is the operator's own; the URL is the witness's submission prefix (c2sp.org/tlog-witness).
import { type Witness, witnessPolicy } from '@salus/audit/log';
import * as z from 'zod';

export interface WitnessLine {
  readonly name: string;
  readonly verifierKey: string;
  readonly url: URL;
}

const LINE = /^[ \t]*witness[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)[ \t]*$/;
const IGNORED = /^[ \t]*(#.*)?$/;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const WITNESSES_AT_MOST = 32;

export const witnessList = z
  .string()
  .default('')
  .transform((text, context): readonly WitnessLine[] => {
    const lines = text.split('\n').filter((line) => !IGNORED.test(line));
    const witnesses = lines.flatMap((line) => witnessOf(line) ?? []);
    const isSound = witnesses.length === lines.length && lines.length <= WITNESSES_AT_MOST;
    if (!isSound) context.addIssue({ code: 'custom' });
    return witnesses;
  });

function witnessOf(line: string): WitnessLine | undefined {
  const [, name, verifierKey, text = ''] = LINE.exec(line) ?? [];
  const url = URL.parse(text);
  if (!name || !verifierKey || !url || !/^https?:$/.test(url.protocol)) return undefined;
  // What is posted to is the prefix and a name behind it.
  if (url.username || url.password || url.search || url.hash) return undefined;
  return { name, verifierKey, url };
}

/** Checkpoints go out over HTTPS, and in development to the developer's own machine. */
export function isSecure({ url }: WitnessLine, environment: 'production' | 'development'): boolean {
  return url.protocol === 'https:' || (environment === 'development' && LOOPBACK.has(url.hostname));
}

/** @throws LogError `verifier_key_malformed`; `witness_policy_malformed` when one stands there twice */
export async function witnessesOf(lines: readonly WitnessLine[]): Promise<Witness[]> {
  const { witnesses } = await witnessPolicy(lines.map(({ verifierKey }) => verifierKey));
  return witnesses.map((key, at) => ({ key, url: (lines[at]?.url.href ?? '').replace(/\/$/, '') }));
}
