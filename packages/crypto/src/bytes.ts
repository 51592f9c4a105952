// Bytes that Web Crypto takes: never over shared memory, which could change while it is read.

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const LENGTH_BYTES = 4;
const LONGEST_UTF8 = 3; // bytes that one UTF-16 code unit can take
const LAST_ASCII = 0x7f;

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** 32 bits, big endian. */
export function uint32(value: number): Bytes {
  const bytes = new Uint8Array(LENGTH_BYTES);
  writeUint32(value, bytes, 0);
  return bytes;
}

export function writeUint32(value: number, into: Uint8Array, start: number): void {
  for (let at = 0; at < 4; at++) into[start + at] = value >>> (24 - 8 * at);
}

export function utf8(text: string): Bytes {
  return encoder.encode(text) as Bytes; // an encoder's memory is its own, though not every runtime's types say so
}

/** Each part after its length, so that no two lists of parts have the same encoding. */
export function lengthPrefixed(parts: readonly string[]): Bytes {
  const bytes = new Uint8Array(lengthPrefixedRoom(parts));
  return bytes.subarray(0, writeLengthPrefixed(parts, bytes, 0));
}

/** How many bytes `writeLengthPrefixed` may need, at most. */
export function lengthPrefixedRoom(parts: readonly string[]): number {
  let room = 0;
  for (const part of parts) room += LENGTH_BYTES + LONGEST_UTF8 * part.length;
  return room;
}

/** @returns where the writing ended */
export function writeLengthPrefixed(parts: readonly string[], into: Bytes, start: number): number {
  let at = start;
  for (const part of parts) {
    const length = writeUtf8(part, into, at + LENGTH_BYTES);
    writeUint32(length, into, at);
    at += LENGTH_BYTES + length;
  }
  return at;
}

/** What is written here is nearly always short and ASCII: there a loop is faster than the encoder. */
function writeUtf8(text: string, into: Bytes, start: number): number {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > LAST_ASCII) return encoder.encodeInto(text, into.subarray(start)).written;
    into[start + at] = unit;
  }
  return text.length;
}

/** Compares in a time that depends on the lengths alone. */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}
