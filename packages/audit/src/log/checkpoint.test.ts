import { describe, expect, it } from 'vitest';
import { utf8 } from './bytes.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { noteSigner, noteVerifier, signNote } from './note.ts';

const ORIGIN = 'salus.localhost/log/018f0000-0000-7000-8000-000000000001/2026';
const signer = await noteSigner(ORIGIN, new Uint8Array(32).fill(1));
const verifier = await noteVerifier(signer.verifierKey);
const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';

describe('a checkpoint', () => {
  it('is three lines, signed by the log under its own name', async () => {
    const root = new Uint8Array(32).fill(7);
    const note = await signCheckpoint(20_852_163n, root, signer);
    expect(new TextDecoder().decode(note).split('\n').slice(0, 4)).toStrictEqual([
      ORIGIN,
      '20852163',
      'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
      '',
    ]);
    expect(await openCheckpoint(note, verifier)).toStrictEqual({ origin: ORIGIN, size: 20_852_163n, root });
  });

  it.each([
    ['of an empty tree', `${ORIGIN}\n0\n${ROOT}\n`, 0n],
    ['of the largest tree', `${ORIGIN}\n9223372036854775807\n${ROOT}\n`, 2n ** 63n - 1n],
    ['with extension lines, which say nothing', `${ORIGIN}\n5\n${ROOT}\nextension\n— more\n`, 5n],
  ])('is read %s', async (_, text, size) => {
    expect((await openCheckpoint(await signNote(text, signer), verifier)).size).toBe(size);
  });

  it.each([
    ['a size past 2^63', `${ORIGIN}\n9223372036854775808\n${ROOT}\n`],
    ['leading zeroes', `${ORIGIN}\n05\n${ROOT}\n`],
    ['a sign', `${ORIGIN}\n+5\n${ROOT}\n`],
    ['another numeral', `${ORIGIN}\n0x5\n${ROOT}\n`],
    ['no size', `${ORIGIN}\n\n${ROOT}\n`],
    ['a short root', `${ORIGIN}\n5\nAAAA\n`],
    ['a root that is no Base 64', `${ORIGIN}\n5\n${ROOT.replace('=', '')}\n`],
    ['no root', `${ORIGIN}\n5\n`],
    ['no origin', `\n5\n${ROOT}\n`],
    ['an empty extension line', `${ORIGIN}\n5\n${ROOT}\n\nextension\n`],
  ])('is none with %s, though the log has signed it', async (_, text) => {
    const note = await signNote(text, signer);
    await expect(openCheckpoint(note, verifier)).rejects.toMatchObject({ code: 'checkpoint_malformed' });
  });

  it('is of no other log, though this log has signed it', async () => {
    const note = await signNote(`salus.localhost/other\n5\n${ROOT}\n`, signer);
    await expect(openCheckpoint(note, verifier)).rejects.toMatchObject({ code: 'checkpoint_origin' });
  });

  it('is none without a signature', async () => {
    const note = utf8(`${ORIGIN}\n5\n${ROOT}\n\n— ${ORIGIN} ${'AAAA'.repeat(10)}\n`);
    await expect(openCheckpoint(note, verifier)).rejects.toMatchObject({ code: 'note_unsigned' });
  });
});
