// Signed notes (c2sp.org/signed-note): a text and, below an empty line, signatures of it. Ed25519 alone (type 0x01).
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Bytes, joinBytes, sameBytes, utf8 } from './bytes.ts';
import { LogError } from './errors.ts';
import { webSha256 } from './merkle-hash.ts';

const ED25519 = 1;
const KEY_ID_LENGTH = 4;
const SEED_LENGTH = 32;
const PUBLIC_KEY_LENGTH = 32;
const SIGNATURE_LENGTH = 64;
const SIGNATURES_AT_MOST = 64;
/** PKCS #8 of an Ed25519 private key, up to its 32-byte seed (RFC 8410 §7). */
const PKCS8_PREFIX = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

// Unicode's white space is \s and U+0085.
const KEY_NAME = /^[^\s\u0085+]+$/u;
const SIGNATURE_LINE = /^\u2014 ([^\s\u0085+]+) (\S+)$/u;
const VERIFIER_KEY = /^([^\s\u0085+]+)\+([0-9a-f]{8})\+(\S+)$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a note may hold none of them but the newline
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

export interface NoteSigner {
  readonly name: string;
  /** `<name>+<key id>+<Base 64>`: what a verifier is given. */
  readonly verifierKey: string;
  sign(text: Uint8Array): Promise<Uint8Array>;
}

export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Uint8Array;
  verify(text: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/**
 * @param seed 32 bytes (RFC 8032 §5.1.5)
 * @throws LogError `signing_key_malformed`
 */
export async function noteSigner(name: string, seed: Uint8Array): Promise<NoteSigner> {
  if (seed.length !== SEED_LENGTH || !KEY_NAME.test(name)) throw new LogError('signing_key_malformed');
  const pkcs8 = joinBytes([PKCS8_PREFIX, seed]);
  const publicKey = await publicKeyOf(pkcs8);
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
  pkcs8.fill(0);
  const encoded = joinBytes([Uint8Array.of(ED25519), publicKey]);
  const keyId = await keyIdOf(name, encoded);
  return {
    name,
    verifierKey: `${name}+${hex(keyId)}+${encodeBase64(encoded)}`,
    async sign(text) {
      const signature = await crypto.subtle.sign('Ed25519', key, joinBytes([text]));
      return joinBytes([keyId, new Uint8Array(signature)]);
    },
  };
}

/**
 * What a verifier of the notes of this name and seed is given.
 * @throws LogError `signing_key_malformed`
 */
export async function verifierKeyOf(name: string, seed: Uint8Array): Promise<string> {
  return (await noteSigner(name, seed)).verifierKey;
}

/** @throws LogError `verifier_key_malformed` */
export async function noteVerifier(verifierKey: string): Promise<NoteVerifier> {
  const [, name, id, text] = VERIFIER_KEY.exec(verifierKey) ?? [];
  const encoded = text === undefined ? undefined : decodeBase64(text);
  if (!name || !encoded || encoded.length !== 1 + PUBLIC_KEY_LENGTH || encoded[0] !== ED25519) {
    throw new LogError('verifier_key_malformed');
  }
  const keyId = await keyIdOf(name, encoded);
  if (hex(keyId) !== id) throw new LogError('verifier_key_malformed');
  const key = await crypto.subtle.importKey('raw', encoded.slice(1), 'Ed25519', false, ['verify']);
  return {
    name,
    keyId,
    // The length first: workerd throws at another one, where others answer false.
    verify: async (signed, signature) =>
      signature.length === SIGNATURE_LENGTH &&
      crypto.subtle.verify('Ed25519', key, joinBytes([signature]), joinBytes([signed])),
  };
}

/** Signs a text that ends in a newline. */
export async function signNote(text: string, signer: NoteSigner): Promise<Bytes> {
  const signature = encodeBase64(await signer.sign(utf8(text)));
  return utf8(`${text}\n\u2014 ${signer.name} ${signature}\n`);
}

/**
 * The text of a note that the given key has signed. Signatures of other keys are passed over.
 * @throws LogError `note_malformed`, `note_unsigned`, `note_signature_invalid`
 */
export async function openNote(note: Uint8Array, verifier: NoteVerifier): Promise<string> {
  const { text, signatures } = split(note);
  const signed = utf8(text);
  let found = false;
  for (const { name, signature } of signatures) {
    if (name !== verifier.name || !sameBytes(signature.subarray(0, KEY_ID_LENGTH), verifier.keyId)) continue;
    if (!(await verifier.verify(signed, signature.subarray(KEY_ID_LENGTH)))) {
      throw new LogError('note_signature_invalid');
    }
    found = true;
  }
  if (!found) throw new LogError('note_unsigned');
  return text;
}

function split(note: Uint8Array): { text: string; signatures: { name: string; signature: Bytes }[] } {
  const whole = decode(note);
  const end = whole.lastIndexOf('\n\n');
  if (end < 0 || !whole.endsWith('\n') || CONTROL.test(whole)) throw new LogError('note_malformed');
  const lines = whole.slice(end + 2, -1).split('\n');
  if (lines.length > SIGNATURES_AT_MOST) throw new LogError('note_malformed');
  return { text: whole.slice(0, end + 1), signatures: lines.map(signatureOf) };
}

function signatureOf(line: string): { name: string; signature: Bytes } {
  const [, name, text] = SIGNATURE_LINE.exec(line) ?? [];
  const signature = text === undefined ? undefined : decodeBase64(text);
  if (!name || !signature || signature.length <= KEY_ID_LENGTH) throw new LogError('note_malformed');
  return { name, signature };
}

function decode(note: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note);
  } catch {
    throw new LogError('note_malformed');
  }
}

async function publicKeyOf(pkcs8: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
  const jwk = await crypto.subtle.exportKey('jwk', key);
  const x = 'x' in jwk ? (jwk.x ?? '') : '';
  const bytes = decodeBase64(`${x.replaceAll('-', '+').replaceAll('_', '/')}=`);
  if (bytes?.length !== PUBLIC_KEY_LENGTH) throw new LogError('signing_key_malformed');
  return bytes;
}

/** `SHA-256(name | newline | type | public key)[:4]` */
async function keyIdOf(name: string, encoded: Uint8Array): Promise<Bytes> {
  const hash = await webSha256(joinBytes([utf8(`${name}\n`), encoded]));
  return hash.slice(0, KEY_ID_LENGTH);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
