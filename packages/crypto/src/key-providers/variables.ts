// Reading the variables of a deployment: each by its name and a rule, noting the names of those that are missing or malformed.
import { at } from './answer.ts';
import type { ServiceAccount } from './google-token.ts';
import { type SecureUrl, secureUrl } from './secure-url.ts';

export type Variables = Readonly<Record<string, unknown>>;

/** What a text says, or null when it does not follow the rule. */
type Rule<T> = (text: string) => T | null;

export interface Reader {
  has(name: string): boolean;
  /** Null is a fault, and has been noted. */
  required<T>(name: string, rule: Rule<T>): T | null;
  optional<T, D>(name: string, rule: Rule<T>, otherwise: D): T | D | null;
  readonly url: Rule<SecureUrl>;
  /** Where to reach the service: its own address unless KEY_ENDPOINT names another. */
  endpoint(own: string): SecureUrl | null;
}

/** @param faults receives the whole names of variables */
export function readerOf(variables: Variables, prefix: string, loopback: boolean, faults: string[]): Reader {
  const given = (name: string) => variables[prefix + name] ?? '';
  const read = <T>(name: string, rule: Rule<T>): T | null => {
    const value = given(name);
    const result = typeof value === 'string' && value !== '' ? rule(value) : null;
    if (result === null) faults.push(prefix + name);
    return result;
  };
  const url = (text: string) => secureUrl(text, loopback);
  const optional: Reader['optional'] = (name, rule, otherwise) =>
    given(name) === '' ? otherwise : read(name, rule);
  return {
    has: (name) => given(name) !== '',
    required: read,
    optional,
    url,
    endpoint: (own) => optional('KEY_ENDPOINT', url, url(own)),
  };
}

/** The parts, when none of them is null. */
export function whole<T extends object>(parts: { [K in keyof T]: T[K] | null }): T | null {
  return Object.values(parts).includes(null) ? null : (parts as T); // no null, as just checked
}

export function matching(pattern: RegExp): Rule<string> {
  return (text) => (pattern.test(text) ? text : null);
}

/** What can stand in a header, and is not what a guide says in its place. */
export function credential(text: string): string | null {
  return /^[\x21-\x7e]+$/.test(text) && !/change.?me|example|^<|\.\.\./i.test(text) ? text : null;
}

/** The JSON key file of a service account. The URL of its tokens must be one that a secret may be sent to. */
export function serviceAccount(text: string, url: Rule<SecureUrl>): ServiceAccount | null {
  const file = jsonOf(text);
  const field = (name: string) => {
    const value = at(file, name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return whole({
    email: field('client_email'),
    keyId: field('private_key_id'),
    privateKey: field('private_key'),
    tokenUrl: url(field('token_uri') ?? ''),
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
