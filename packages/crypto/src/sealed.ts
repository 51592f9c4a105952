// A sealed value: version(1) | key version(4) | nonce(12) | ciphertext | tag(16). AES-256-GCM with a random nonce; the
// header and the place (organization, table, column, row) are additional data, so that a ciphertext that was moved,
// swapped or relabelled does not open. Values are JSON before they are sealed: a date, a number and an object all can be.
import { NONCE_BYTES, openBytes, sealBytes, TAG_BYTES } from './aes-gcm.ts';
import { type Bytes, concat, lengthPrefixed, uint32, utf8 } from './bytes.ts';
import { IntegrityError, UnsealableError } from './errors.ts';
import { pad, unpad } from './padding.ts';

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Where a value lies. It opens nowhere else. */
export interface Place {
  readonly organization: string;
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** A key that seals fields, and the version of the organization key that it hangs under. */
export interface SealingKey {
  readonly version: number;
  readonly key: CryptoKey;
}

const FORMAT = 1;
const HEADER_BYTES = 5;
const DOMAIN = 'salus/sealed/v1';

/** @throws UnsealableError when the value is not JSON or holds a broken surrogate pair, which UTF-8 would alter */
export async function seal(key: SealingKey, place: Place, value: JsonValue): Promise<Bytes> {
  const header = concat(Uint8Array.of(FORMAT), uint32(key.version));
  const sealed = await sealBytes(key.key, pad(encode(value)), additionalData(header, place));
  return concat(header, sealed);
}

/** @throws IntegrityError, whatever the reason */
export async function open(key: SealingKey, place: Place, sealed: Bytes): Promise<JsonValue> {
  if (keyVersionOf(sealed) !== key.version) throw new IntegrityError();
  const header = sealed.subarray(0, HEADER_BYTES);
  const opened = await openBytes(key.key, sealed.subarray(HEADER_BYTES), additionalData(header, place));
  return decode(unpad(opened));
}

/** The version of the organization key that a value hangs under. @throws IntegrityError when the bytes are not a sealed value */
export function keyVersionOf(sealed: Bytes): number {
  if (sealed.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORMAT)
    throw new IntegrityError();
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(1);
}

function additionalData(header: Bytes, { organization, table, column, row }: Place): Bytes {
  return concat(utf8(DOMAIN), header, lengthPrefixed([organization, table, column, row]));
}

function encode(value: JsonValue): Bytes {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'string' && !part.isWellFormed()) throw new UnsealableError();
    if (typeof part === 'number' && !Number.isFinite(part)) throw new UnsealableError();
    return part;
  });
  if (text === undefined) throw new UnsealableError();
  return utf8(text);
}

function decode(bytes: Bytes): JsonValue {
  try {
    // What was sealed was JSON, and the tag says that nothing else was opened.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as JsonValue;
  } catch {
    throw new IntegrityError();
  }
}
