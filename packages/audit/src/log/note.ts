// Signed notes (c2sp.org/signed-note): a text and, below an empty line, signatures of it. Ed25519 alone (type 0x01); lines
// of other keys are kept as they are, and passed over.
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Bytes, joinBytes, sameBytes, utf8 } from './bytes.ts';
import { ed25519Signer, ed25519Verify } from './ed25519.ts';
import { LogError } from './errors.ts';
import {
  formatVerifierKey,
  isKeyName,
  KEY_ID_LENGTH,
  keyIdOf,
  parseVerifierKey,
  SIGNATURE_TYPE,
} from './verifier-key.ts';

const SIGNATURES_AT_MOST = 64;
/** Room for so many post-quantum ones. What is larger is not read: a pattern over millions of characters may throw. */
const BYTES_AT_MOST = 512 * 1024;

const SIGNATURE_LINE = /^\u2014 ([^\s\u0085+]+) (\S+)$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a note may hold none of them but the newline
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

export interface NoteSigner {
  readonly name: string;
  /** `<name>+<key id>+<Base 64>`: what a verifier is given. */
  readonly verifierKey: string;
  /** The signature after the key's id, as a signature line has them. */
  sign(text: Uint8Array): Promise<Uint8Array>;
}

export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Uint8Array;
  verify(text: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** A line of signature, of whatever key and type. */
export interface SignatureLine {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
  /** As it stands in the note, without the newline. */
  readonly line: string;
}

export interface Note {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

/**
 * @param seed 32 bytes (RFC 8032 §5.1.5)
 * @throws LogError `signing_key_malformed`
 */
export async function noteSigner(name: string, seed: Uint8Array): Promise<NoteSigner> {
  if (!isKeyName(name)) throw new LogError('signing_key_malformed');
  const { publicKey, sign } = await ed25519Signer(seed);
  const keyId = await keyIdOf(name, SIGNATURE_TYPE.note, publicKey);
  return {
    name,
    verifierKey: formatVerifierKey({ name, keyId, publicKey }, SIGNATURE_TYPE.note),
    sign: async (text) => joinBytes([keyId, await sign(text)]),
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
  const { name, keyId, publicKey } = await parseVerifierKey(verifierKey, SIGNATURE_TYPE.note);
  return { name, keyId, verify: await ed25519Verify(publicKey) };
}

/** Signs a text that ends in a newline, by each key in turn. */
export async function signNote(text: string, ...signers: readonly NoteSigner[]): Promise<Bytes> {
  const lines = await Promise.all(signers.map((signer) => signatureLineOf(text, signer)));
  return formatNote(text, lines);
}

/** The line that a signer puts below a text. */
export async function signatureLineOf(text: string, { name, sign }: NoteSigner): Promise<string> {
  return `\u2014 ${name} ${encodeBase64(await sign(utf8(text)))}`;
}

/** The note of a text and lines of signature. */
export function formatNote(text: string, lines: readonly string[]): Bytes {
  return utf8(`${text}\n${lines.map((line) => `${line}\n`).join('')}`);
}

/**
 * The text of a note that one of the given keys has signed, or several. Signatures of other keys are passed over.
 * @throws LogError `note_malformed`, `note_unsigned`, `note_signature_invalid`
 */
export async function openNote(note: Uint8Array, ...verifiers: readonly NoteVerifier[]): Promise<string> {
  const parsed = parseNote(note);
  const signed = utf8(parsed.text);
  let found = false;
  for (const verifier of verifiers) {
    for (const { signature } of signaturesBy(verifier, parsed)) {
      if (!(await verifier.verify(signed, signature))) throw new LogError('note_signature_invalid');
      found = true;
    }
  }
  if (!found) throw new LogError('note_unsigned');
  return parsed.text;
}

/** The signatures that claim to be by a key. */
export function signaturesBy(
  key: { readonly name: string; readonly keyId: Uint8Array },
  { signatures }: Note,
): SignatureLine[] {
  return signatures.filter(({ name, keyId }) => name === key.name && sameBytes(keyId, key.keyId));
}

/** Text and signatures of a note, none of which is verified yet. @throws LogError `note_malformed` */
export function parseNote(note: Uint8Array): Note {
  if (note.length > BYTES_AT_MOST) throw new LogError('note_malformed');
  const whole = decode(note);
  const end = whole.lastIndexOf('\n\n');
  if (end < 0 || !whole.endsWith('\n') || CONTROL.test(whole)) throw new LogError('note_malformed');
  return { text: whole.slice(0, end + 1), signatures: parseSignatureLines(whole.slice(end + 2)) };
}

/** Lines of signature, each with its newline. @throws LogError `note_malformed` */
export function parseSignatureLines(block: string): SignatureLine[] {
  const lines = block.slice(0, -1).split('\n');
  if (!block.endsWith('\n') || lines.length > SIGNATURES_AT_MOST) throw new LogError('note_malformed');
  return lines.map(parseSignatureLine);
}

function parseSignatureLine(line: string): SignatureLine {
  const [, name, text] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = text === undefined ? undefined : decodeBase64(text);
  if (!name || !bytes || bytes.length <= KEY_ID_LENGTH) throw new LogError('note_malformed');
  return { name, keyId: bytes.subarray(0, KEY_ID_LENGTH), signature: bytes.subarray(KEY_ID_LENGTH), line };
}

function decode(note: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note);
  } catch {
    throw new LogError('note_malformed');
  }
}
