// A sealed value: version(1) | key version(4) | nonce(12) | ciphertext | tag(16). AES-256-GCM with a random nonce; the
// header and the place (organization, table, column, row) are additional data, so that a ciphertext that was moved,
// swapped or relabelled does not open. Values are JSON before they are sealed: a date, a number and an object all can be.
import { opening, sealBytes, TAG_BYTES } from './aes-gcm.ts';
import { type Bytes, readUint32, utf8, writeUint32 } from './bytes.ts';
import { IntegrityError, UnsealableError } from './errors.ts';
import { pad, unpad } from './padding.ts';
import { additionalData, HEADER_BYTES, type Place } from './place.ts';
import { NONCE_BYTES } from './random.ts';

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A key that seals fields, and its version: of a patient's key its own, of the others the organization key's. */
export interface SealingKey {
  readonly version: number;
  readonly key: CryptoKey;
}

const FORMAT = 1;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws UnsealableError when the value is not JSON or holds a broken surrogate pair, which is no text */
export async function seal(key: SealingKey, place: Place, value: JsonValue): Promise<Bytes> {
  const header = headerOf(key.version);
  return sealBytes(key.key, pad(encode(value)), additionalData(header, place), header);
}

/** @throws IntegrityError, whatever the reason */
export async function open(key: SealingKey, place: Place, sealed: Bytes): Promise<JsonValue> {
  if (keyVersionOf(sealed) !== key.version) throw new IntegrityError();
  const binding = additionalData(sealed, place);
  try {
    const opened = await opening(key.key, sealed, binding, HEADER_BYTES);
    return decode(unpad(new Uint8Array(opened)));
  } catch {
    throw new IntegrityError();
  }
}

/** The version of the key that sealed a value. @throws IntegrityError when the bytes are not a sealed value */
export function keyVersionOf(sealed: Bytes): number {
  if (sealed.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORMAT)
    throw new IntegrityError();
  return readUint32(sealed, 1);
}

function headerOf(keyVersion: number): Bytes {
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = FORMAT;
  writeUint32(keyVersion, header, 1);
  return header;
}

function encode(value: JsonValue): Bytes {
  const text = JSON.stringify(value, (name, part: unknown) => {
    if (!name.isWellFormed() || !isSealable(part)) throw new UnsealableError();
    return part;
  });
  if (text === undefined) throw new UnsealableError();
  return utf8(text);
}

/** What JSON keeps as it is. A property that is undefined is one that is absent. */
function isSealable(part: unknown): boolean {
  if (typeof part === 'string') return part.isWellFormed();
  if (typeof part === 'number') return Number.isFinite(part);
  return typeof part === 'object' || typeof part === 'boolean' || part === undefined;
}

/** What was sealed was JSON, and the tag says that nothing else was opened. Most of it is short text, which needs no parser. */
function decode(bytes: Bytes): JsonValue {
  const text = decoder.decode(bytes);
  const isPlain = text.startsWith('"') && !text.includes('\\'); // in JSON nothing of a text is spelled otherwise without one
  return isPlain ? text.slice(1, -1) : (JSON.parse(text) as JsonValue);
}
