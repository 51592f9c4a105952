// Standard Base 64 (RFC 4648 §4), canonical form only: padding present, unused bits zero, no white space. Two texts
// never decode to the same bytes, so a signed text cannot be respelled.

const ALPHABET = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The Base 64 text of `bytes`. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  // In slices: the arguments of one call are limited.
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}

/** The bytes of a canonical Base 64 text, or undefined when it is not one. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!ALPHABET.test(text)) return undefined;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return encodeBase64(bytes) === text ? bytes : undefined;
}
