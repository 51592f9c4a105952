// Published examples: c2sp.org/signed-note, and the keys and the note in the documentation of Go's
// golang.org/x/mod/sumdb/note, whose signing key is public.
import { expect, it } from 'vitest';
import { decodeBase64 } from './base64.ts';
import { utf8 } from './bytes.ts';
import { noteSigner, noteVerifier, openNote, signNote, verifierKeyOf } from './note.ts';

const EXAMPLES = [
  {
    verifierKey: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    text: 'This is an example message.\n',
    signature:
      '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
  },
  {
    verifierKey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
    signature:
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
  },
];

it.each(EXAMPLES)('opens the published note of $verifierKey', async ({ verifierKey, text, signature }) => {
  const verifier = await noteVerifier(verifierKey);
  expect(await openNote(utf8(`${text}\n${signature}`), verifier)).toBe(text);
});

it('makes the published verifier key and note from the published signing key', async () => {
  const [, example] = EXAMPLES;
  // PRIVATE+KEY+PeterNeumann+c74f20a3+<Base 64 of the type and the seed>
  const seed = decodeBase64('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz')?.subarray(1) ?? new Uint8Array();
  expect(await verifierKeyOf('PeterNeumann', seed)).toBe(example?.verifierKey);
  const note = await signNote(example?.text ?? '', await noteSigner('PeterNeumann', seed));
  expect(note).toStrictEqual(utf8(`${example?.text}\n${example?.signature}`));
});
