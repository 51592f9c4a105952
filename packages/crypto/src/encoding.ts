// Text forms of bytes: hexadecimal and Base 64 (RFC 4648). Only the canonical spelling is read, so that no two texts
// stand for the same bytes.
import type { Bytes } from './bytes.ts';
import { EncodingError } from './errors.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** @throws EncodingError when the text is not lower-case hexadecimal of whole bytes */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text)) throw new EncodingError();
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = (nibble(text.charCodeAt(2 * at)) << 4) | nibble(text.charCodeAt(2 * at + 1));
  }
  return bytes;
}

/** What a digit stands for, by its code: `0` to `9` begin at 48, `a` to `f` at 97. */
function nibble(code: number): number {
  return code < 97 ? code - 48 : code - 87;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  // In slices: the arguments of one call are limited.
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** @throws EncodingError when the text is not canonical Base 64 with padding */
export function fromBase64(text: string): Bytes {
  if (text.length % 4 !== 0 || /[^A-Za-z0-9+/=]/.test(text)) throw new EncodingError();
  const bytes = decode(text);
  if (toBase64(bytes) !== text) throw new EncodingError();
  return bytes;
}

export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws EncodingError when the text is not canonical base64url without padding */
export function fromBase64Url(text: string): Bytes {
  if (/[^A-Za-z0-9_-]/.test(text)) throw new EncodingError();
  const padding = '='.repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding);
}

function decode(text: string): Bytes {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new EncodingError();
  }
}
