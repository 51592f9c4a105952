// Byte strings, told from everything that merely looks like one: the checks read internal slots, which a caller's
// getters, subclasses and proxies cannot forge, and they hold for arrays of another realm.

/** Bytes that Web Crypto takes: never over shared memory, which could change while it is hashed. */
export type Bytes = Uint8Array<ArrayBuffer>;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const kindOf: unknown = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)?.get;
const lengthOf: unknown = Object.getOwnPropertyDescriptor(typedArray, 'length')?.get;

function slot(getter: unknown, value: unknown): unknown {
  return typeof getter === 'function' ? Reflect.apply(getter, value, []) : undefined;
}

/**
 * A private copy of `value`, or undefined when it is not a Uint8Array (or, with `length`, not of that many bytes).
 * A copy, because the caller could change the array while a hash of it is awaited.
 */
export function copyOfBytes(value: unknown, length?: number): Bytes | undefined {
  // The getter answers undefined for whatever has no [[TypedArrayName]], so this cast is one that was checked.
  if (typeof value !== 'object' || value === null || slot(kindOf, value) !== 'Uint8Array') return undefined;
  const size = slot(lengthOf, value);
  if (typeof size !== 'number' || (length !== undefined && size !== length)) return undefined;
  const copy = new Uint8Array(size);
  copy.set(value as Uint8Array);
  return copy;
}

/** Whether two byte strings are the same. Everything compared here is public, so time does not matter. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && standsAt(a, b, 0);
}

/** Whether the bytes stand in others at an offset. */
export function standsAt(bytes: Uint8Array, others: Uint8Array, offset: number): boolean {
  if (offset + bytes.length > others.length) return false;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== others[offset + at]) return false;
  return true;
}

/** The text in UTF-8. */
export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text) as Bytes; // an encoder's memory is its own, though not every runtime's types say so
}

/** The parts, one after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
