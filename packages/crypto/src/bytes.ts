// Bytes that Web Crypto takes: never over shared memory, which could change while it is read.

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const LENGTH_BYTES = 4;
const LONGEST_UTF8 = 3; // bytes that one UTF-16 code unit can take
const LAST_ASCII = 0x7f;

/** What `subarray` is, in half the time: it does not ask the constructor for its species. @throws RangeError when `end` is not there */
export function view(bytes: Bytes, start: number, end: number): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

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

/** 32 bits, big endian, from where there are four bytes. */
export function readUint32(from: Uint8Array, start: number): number {
  let value = 0;
  for (let at = start; at < start + 4; at++) value = (value << 8) | (from[at] ?? 0);
  return value >>> 0;
}

export function writeUint32(value: number, into: Uint8Array, start: number): void {
  for (let at = 0; at < 4; at++) into[start + at] = value >>> (24 - 8 * at);
}

export function utf8(text: string): Bytes {
  return encoder.encode(text) as Bytes; // an encoder's memory is its own, though not every runtime's types say so
}

/** Each part after its length, so that no two lists of parts have the same encoding. */
export function lengthPrefixed(parts: readonly string[]): Bytes {
  let room = 0;
  for (const part of parts) room += lengthPrefixedRoom(part);
  const bytes = new Uint8Array(room);
  let at = 0;
  for (const part of parts) at = writeLengthPrefixed(part, bytes, at);
  return bytes.subarray(0, at);
}

/** How many bytes `writeLengthPrefixed` may need, at most. */
export function lengthPrefixedRoom(part: string): number {
  return LENGTH_BYTES + LONGEST_UTF8 * part.length;
}

/** @returns where the writing ended */
export function writeLengthPrefixed(part: string, into: Bytes, start: number): number {
  const length = writeUtf8(part, into, start + LENGTH_BYTES);
  writeUint32(length, into, start);
  return start + LENGTH_BYTES + length;
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
