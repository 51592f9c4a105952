import { describe, expect, it } from 'vitest';
import { encodeBase64 } from './base64.ts';
import { joinBytes, utf8 } from './bytes.ts';
import { type NoteVerifier, noteSigner, noteVerifier, openNote, signNote, verifierKeyOf } from './note.ts';

const SEED = new Uint8Array(32).fill(1);
const OTHER_SEED = new Uint8Array(32).fill(2);
const NAME = 'salus.localhost/log';
const signer = await noteSigner(NAME, SEED);
const verifier = await noteVerifier(signer.verifierKey);
const TEXT = 'first line\n\nlast line\n';
const note = new TextDecoder().decode(await signNote(TEXT, signer));
const line = note.slice(TEXT.length + 1);

const open = (text: string, by: NoteVerifier = verifier) => openNote(utf8(text), by);
const refused = (text: string, code: string) => expect(open(text)).rejects.toMatchObject({ code });

describe('a signed note', () => {
  it('is read by its verifier key, empty lines in its text and all', async () => {
    expect(await open(note)).toBe(TEXT);
  });

  it('may carry signatures of keys that nobody here knows, even under the same name or the same id', async () => {
    const stranger = await noteSigner('witness.example', OTHER_SEED);
    const namesake = await noteSigner(NAME, OTHER_SEED);
    const lines = await Promise.all(
      [stranger, namesake].map(async (by) =>
        new TextDecoder().decode(await signNote(TEXT, by)).slice(TEXT.length + 1),
      ),
    );
    const sameId = `— other.example ${encodeBase64(joinBytes([verifier.keyId, new Uint8Array(64)]))}\n`;
    expect(await open(`${TEXT}\n${lines.join('')}${sameId}${line}`)).toBe(TEXT);
    await refused(`${TEXT}\n${lines.join('')}${sameId}`, 'note_unsigned');
  });

  it('is rejected as a whole when a signature by the known key does not verify', async () => {
    const forged = `— ${NAME} ${encodeBase64(joinBytes([verifier.keyId, new Uint8Array(64)]))}\n`;
    await refused(`${TEXT}\n${line}${forged}`, 'note_signature_invalid');
    await refused(`x${note}`, 'note_signature_invalid');
    const short = `— ${NAME} ${encodeBase64(joinBytes([verifier.keyId, new Uint8Array(5)]))}\n`;
    await refused(`${TEXT}\n${short}`, 'note_signature_invalid');
  });

  it('is of one key, not of another with the same name', async () => {
    const other = await noteVerifier(await verifierKeyOf(NAME, OTHER_SEED));
    await expect(open(note, other)).rejects.toMatchObject({ code: 'note_unsigned' });
  });

  it.each([
    ['nothing', ''],
    ['no signature', TEXT],
    ['an empty signature block', `${TEXT}\n`],
    ['no newline at its end', note.slice(0, -1)],
    ['a carriage return', note.replace('first', 'fi\rst')],
    ['a tab', note.replace('first', 'fi\tst')],
    ['a hyphen where an em dash belongs', note.replace('— ', '- ')],
    ['two spaces', note.replace(' salus', '  salus')],
    ['a space after the signature', note.replace(/\n$/, ' \n')],
    ['Base 64 with unused bits set', note.replace(/A?=*\n$/, 'B==\n')],
    ['Base 64 without its padding', note.replace(/=+\n$/, '\n')],
    ['a signature that is no longer than a key id', `${TEXT}\n— ${NAME} AAAAAA==\n`],
    ['a plus in a key name', note.replace(`— ${NAME}`, '— a+b')],
    ['a next-line character in a key name', note.replace(`— ${NAME}`, '— a\u0085b')],
    ['more signatures than anybody needs', `${TEXT}\n${line.repeat(65)}`],
  ])('is none with %s', async (_, text) => {
    await refused(text, 'note_malformed');
  });

  it('is none when it is not UTF-8', async () => {
    const bytes = utf8(note);
    bytes[0] = 0xff;
    await expect(openNote(bytes, verifier)).rejects.toMatchObject({ code: 'note_malformed' });
  });

  it('carries 16 signatures at least, and 64 of the largest kind', async () => {
    expect(await open(`${TEXT}\n${line.repeat(16)}`)).toBe(TEXT);
    const postQuantum = `— witness.example ${encodeBase64(new Uint8Array(5000))}\n`;
    expect(await open(`${TEXT}\n${line}${postQuantum.repeat(63)}`)).toBe(TEXT);
  });

  it.each([1_000_000, 8_000_000, 16_000_000])('is none with %d bytes of one signature', async (length) => {
    await refused(`${TEXT}\n${line}— ${NAME} ${'A'.repeat(length)}\n`, 'note_malformed');
  });
});

describe('a verifier key', () => {
  it.each([
    ['another key id', signer.verifierKey.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['another name', signer.verifierKey.replace('salus', 'sulas')],
    ['another signature type', signer.verifierKey.replace('+AY', '+BI')],
    ['no name', signer.verifierKey.replace(NAME, '')],
    ['a space', ` ${signer.verifierKey}`],
    ['a newline', `${signer.verifierKey}\n`],
    ['a shorter key', `${signer.verifierKey.slice(0, -4)}`],
    ['nothing', ''],
  ])('is none with %s', async (_, key) => {
    await expect(noteVerifier(key)).rejects.toMatchObject({ code: 'verifier_key_malformed' });
  });
});

describe('a signing key', () => {
  it.each([31, 33, 0])('has 32 bytes and not %d', async (length) => {
    await expect(noteSigner(NAME, new Uint8Array(length))).rejects.toMatchObject({
      code: 'signing_key_malformed',
    });
  });

  it.each(['', 'a b', 'a+b', 'a\nb', 'a\u0085b', 'a\u2003b'])('is not named %j', async (name) => {
    await expect(noteSigner(name, SEED)).rejects.toMatchObject({ code: 'signing_key_malformed' });
  });
});
