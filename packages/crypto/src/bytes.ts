// Bytes that Web Crypto takes: never over shared memory, which could change while it is read.

export type Bytes = Uint8Array<ArrayBuffer>;

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
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text) as Bytes; // an encoder's memory is its own, though not every runtime's types say so
}

/** Each part after its length, so that no two lists of parts have the same encoding. */
export function lengthPrefixed(parts: readonly string[]): Bytes {
  return concat(...parts.flatMap((part) => [uint32(utf8(part).length), utf8(part)]));
}

/** Compares in a time that depends on the lengths alone. */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}
