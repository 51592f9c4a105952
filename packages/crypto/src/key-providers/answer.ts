// Taking what is needed out of a key service's answer. What is missing or of another type is not that service's answer.
import type { Bytes } from '../bytes.ts';
import { fromBase64 } from '../encoding.ts';
import { KeyProviderError } from '../errors.ts';

/** What stands at the end of the path; undefined when there is no such path. */
export function at(body: unknown, ...path: readonly string[]): unknown {
  let part: unknown = body;
  for (const name of path) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name)) return undefined;
    part = (part as Readonly<Record<string, unknown>>)[name]; // an object, as just checked
  }
  return part;
}

/** @throws KeyProviderError `unavailable` */
export function textAt(body: unknown, ...path: readonly string[]): string {
  const text = at(body, ...path);
  if (typeof text !== 'string' || text === '') throw new KeyProviderError('unavailable');
  return text;
}

/** @throws KeyProviderError `unavailable` */
export function base64At(body: unknown, ...path: readonly string[]): Bytes {
  return decoded(textAt(body, ...path), fromBase64);
}

/** @throws KeyProviderError `unavailable` */
export function decoded(text: string, decode: (text: string) => Bytes): Bytes {
  try {
    return decode(text);
  } catch {
    throw new KeyProviderError('unavailable');
  }
}
