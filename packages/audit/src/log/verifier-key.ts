// Verifier keys (c2sp.org/signed-note): the name of a key, its id, and after the byte of its signature type the public key.
// All of them here are Ed25519 keys; the type says what they sign, and enters the id, so that none is taken for another.
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Bytes, joinBytes, utf8 } from './bytes.ts';
import { PUBLIC_KEY_LENGTH } from './ed25519.ts';
import { LogError } from './errors.ts';
import { webSha256 } from './merkle-hash.ts';

/** What a key signs: the text of a note, or a checkpoint with the time it was seen at (c2sp.org/tlog-cosignature). */
export const SIGNATURE_TYPE = { note: 1, cosignature: 4 } as const;

export type SignatureType = (typeof SIGNATURE_TYPE)[keyof typeof SIGNATURE_TYPE];

export interface VerifierKey {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Bytes;
  /** 32 bytes (RFC 8032 §5.1.5). */
  readonly publicKey: Bytes;
}

export const KEY_ID_LENGTH = 4;

// Unicode's white space is \s and U+0085.
const KEY_NAME = /^[^\s\u0085+]+$/u;
const VERIFIER_KEY = /^([^\s\u0085+]+)\+([0-9a-f]{8})\+(\S+)$/u;

export function isKeyName(name: string): boolean {
  return KEY_NAME.test(name);
}

/** @throws LogError `verifier_key_malformed`, for a key of another type too */
export async function parseVerifierKey(text: string, type: SignatureType): Promise<VerifierKey> {
  const [, name, id, base64] = VERIFIER_KEY.exec(text) ?? [];
  const encoded = base64 === undefined ? undefined : decodeBase64(base64);
  if (!name || encoded?.length !== 1 + PUBLIC_KEY_LENGTH || encoded[0] !== type) {
    throw new LogError('verifier_key_malformed');
  }
  const publicKey = encoded.slice(1);
  const keyId = await keyIdOf(name, type, publicKey);
  if (hex(keyId) !== id) throw new LogError('verifier_key_malformed');
  return { name, keyId, publicKey };
}

/** `<name>+<key id>+<Base 64>` */
export function formatVerifierKey({ name, keyId, publicKey }: VerifierKey, type: SignatureType): string {
  return `${name}+${hex(keyId)}+${encodeBase64(joinBytes([Uint8Array.of(type), publicKey]))}`;
}

/** `SHA-256(name | newline | type | public key)[:4]` */
export async function keyIdOf(name: string, type: SignatureType, publicKey: Uint8Array): Promise<Bytes> {
  const hash = await webSha256(joinBytes([utf8(`${name}\n`), Uint8Array.of(type), publicKey]));
  return hash.slice(0, KEY_ID_LENGTH);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
