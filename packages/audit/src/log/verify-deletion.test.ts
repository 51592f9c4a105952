// What is left of a deleted log proves that it could be deleted, and nothing younger can be hidden behind it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from './bytes.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { cosigner } from './cosignature.ts';
import {
  type DeletionCertificate,
  openDeletionCertificate,
  signDeletionCertificate,
} from './deletion-certificate.ts';
import { formatNote, type NoteSigner, noteSigner, noteVerifier, parseNote, signNote } from './note.ts';
import { verifyDeletion } from './verify-deletion.ts';

const ORIGIN = 'salus.localhost/log/org/2019';
const SEED = new Uint8Array(32).fill(1);
const signer = await noteSigner(ORIGIN, SEED);
const impostor = await noteSigner(ORIGIN, new Uint8Array(32).fill(2));
const ROOT = new Uint8Array(32).fill(9);
const NOW = Date.parse('2026-11-24T10:00:00Z');

const CERTIFICATE: DeletionCertificate = {
  origin: ORIGIN,
  size: 300,
  root: ROOT,
  firstRecordedAt: '2019-01-02T03:04:05.678901Z',
  lastRecordedAt: '2019-12-31T23:59:59.999999Z',
  rule: { years: 6, basis: '45 CFR 164.316(b)(2)(i)' },
  reason: 'retention has ended',
  decidedBy: 'job.retention',
  decidedAt: '2026-01-01T00:00:00Z',
  requestId: '01a20d10-f597-73b6-9bec-4ef1458d56c3',
};

async function verdictOf(
  more: Partial<DeletionCertificate> = {},
  { by = signer, now = NOW, earlier, size = 300n, root = ROOT }: Options = {},
) {
  const files = new Map([
    ['checkpoint', await signCheckpoint(size, root, signer)],
    ['deletion-certificate', await signDeletionCertificate({ ...CERTIFICATE, ...more }, by)],
  ]);
  return verifyDeletion({
    read: async (path) => files.get(path) ?? null,
    verifierKey: signer.verifierKey,
    now,
    ...(earlier ? { earlier } : {}),
  });
}

interface Options {
  readonly by?: NoteSigner;
  readonly now?: number;
  readonly earlier?: Uint8Array;
  readonly size?: bigint;
  readonly root?: Uint8Array;
}

const fault = (name: string, path = 'deletion-certificate') => ({ deleted: false, fault: name, path });

describe('a certificate', () => {
  it('says what was deleted, by which rule, and when that was decided', async () => {
    expect(await verdictOf()).toStrictEqual({
      deleted: true,
      checkpoint: { origin: ORIGIN, size: 300n, root: ROOT },
      certificate: CERTIFICATE,
    });
  });

  it('is the same bytes when it is made again', async () => {
    expect(await signDeletionCertificate(CERTIFICATE, signer)).toStrictEqual(
      await signDeletionCertificate({ ...CERTIFICATE }, signer),
    );
  });

  it('is no checkpoint, and a checkpoint is no certificate', async () => {
    const verifier = await noteVerifier(signer.verifierKey);
    const certificate = await signDeletionCertificate(CERTIFICATE, signer);
    await expect(openCheckpoint(certificate, verifier)).rejects.toMatchObject({ name: 'LogError' });
    const checkpoint = await signCheckpoint(300n, ROOT, signer);
    await expect(openDeletionCertificate(checkpoint, verifier)).rejects.toMatchObject({
      code: 'certificate_malformed',
    });
  });

  it.each([
    ['of another key', { by: impostor }, 'note_unsigned'],
    ['of another size than the final checkpoint', { size: 299n }, 'certificate_mismatch'],
    ['of another root', { root: new Uint8Array(32) }, 'certificate_mismatch'],
  ])('%s counts for nothing', async (_, options, name) => {
    expect(await verdictOf({}, options)).toStrictEqual(fault(name));
  });

  it('of another log counts for nothing', async () => {
    expect(await verdictOf({ origin: 'salus.localhost/log/org/2018' })).toStrictEqual(
      fault('certificate_origin'),
    );
  });

  it.each([
    ['a microsecond too early', { decidedAt: '2025-12-31T23:59:59.999Z' }],
    ['by a longer rule', { rule: { years: 7, basis: 'state law' } }],
    [
      'by a shorter rule than there can be',
      { rule: { years: 1, basis: 'x' }, decidedAt: '2025-06-01T00:00:00Z' },
    ],
    ['at no time', { decidedAt: '2026-13-45T99:00:00Z' }],
    ['in the future', { decidedAt: '2026-12-24T10:00:00Z' }],
  ])('of a deletion %s is refused', async (_, more) => {
    expect(await verdictOf(more)).toStrictEqual(fault('certificate_early'));
  });

  it('cannot hide the log of a year that has still to be kept, whatever it says', async () => {
    const origin = 'salus.localhost/log/org/2025';
    const young = await noteSigner(origin, SEED);
    const years = fc.integer({ min: 0, max: 100 });
    const decided = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(years, decided, async (count, date) => {
        const certificate = {
          ...CERTIFICATE,
          origin,
          rule: { years: count, basis: 'x' },
          decidedAt: date.toISOString(),
        };
        const files = new Map([
          ['checkpoint', await signCheckpoint(300n, ROOT, young)],
          ['deletion-certificate', await signDeletionCertificate(certificate, young)],
        ]);
        const read = async (path: string) => files.get(path) ?? null;
        const verdict = await verifyDeletion({ read, verifierKey: young.verifierKey, now: NOW });
        expect(verdict).toStrictEqual(fault('certificate_early'));
      }),
    );
  });

  it('that is malformed is refused, however it is', async () => {
    const verifier = await noteVerifier(signer.verifierKey);
    const content = JSON.parse(
      new TextDecoder().decode(await signDeletionCertificate(CERTIFICATE, signer)).split('\n')[1] ?? '',
    );
    const texts = [
      ...Object.keys(content).map((name) => JSON.stringify({ ...content, [name]: undefined })),
      ...Object.keys(content).map((name) => JSON.stringify({ ...content, [name]: [] })),
      JSON.stringify({ ...content, size: -1 }),
      JSON.stringify({ ...content, size: 1.5 }),
      JSON.stringify({ ...content, root: content.root.slice(4) }),
      JSON.stringify({ ...content, rule: { years: '6', basis: 'x' } }),
      'null',
      '[]',
      '{',
    ].map((json) => `salus.deletion-certificate/v1\n${json}\n`);
    const good = `salus.deletion-certificate/v1\n${JSON.stringify(content)}\n`;
    for (const text of [...texts, `${good}more\n`, good.replace('v1', 'v2'), `${ORIGIN}\n`]) {
      await expect(openDeletionCertificate(await signNote(text, signer), verifier)).rejects.toMatchObject({
        code: 'certificate_malformed',
      });
    }
    expect(await openDeletionCertificate(await signNote(good, signer), verifier)).toStrictEqual(CERTIFICATE);
  });
});

describe('an earlier checkpoint', () => {
  it('holds the final one to its size and its root; a shorter one can no longer be compared', async () => {
    const earlier = (size: bigint, root = ROOT) => signCheckpoint(size, root, signer);
    expect(await verdictOf({}, { earlier: await earlier(300n) })).toMatchObject({ deleted: true });
    expect(await verdictOf({}, { earlier: await earlier(10n) })).toMatchObject({ deleted: true });
    expect(await verdictOf({}, { earlier: await earlier(301n) })).toStrictEqual(
      fault('log_truncated', 'checkpoint'),
    );
    expect(await verdictOf({}, { earlier: await earlier(300n, new Uint8Array(32)) })).toStrictEqual(
      fault('log_inconsistent', 'checkpoint'),
    );
    expect(await verdictOf({}, { earlier: utf8('no note') })).toStrictEqual(
      fault('note_malformed', 'earlier'),
    );
  });
});

it('a final checkpoint that too few witnesses have cosigned is none', async () => {
  const checkpoint = await signCheckpoint(300n, ROOT, signer);
  const certificate = await signDeletionCertificate(CERTIFICATE, signer);
  const witness = await cosigner('witness.example', new Uint8Array(32).fill(3));
  const of = (note: Uint8Array) =>
    verifyDeletion({
      read: async (path) => (path === 'checkpoint' ? note : certificate),
      verifierKey: signer.verifierKey,
      now: NOW,
      witnesses: [witness.verifierKey],
    });
  expect(await of(checkpoint)).toStrictEqual(fault('quorum_not_met', 'checkpoint'));
  const { text, signatures } = parseNote(checkpoint);
  const cosigned = formatNote(text, [
    ...signatures.map(({ line }) => line),
    await witness.cosign(text, 1_700_000_000n),
  ]);
  expect(await of(cosigned)).toMatchObject({ deleted: true });
});

it('without a certificate, without a final checkpoint, with a key that is none, nothing was deleted lawfully', async () => {
  const only = (path: string, bytes: Uint8Array) => async (asked: string) => (asked === path ? bytes : null);
  const checkpoint = only('checkpoint', await signCheckpoint(300n, ROOT, signer));
  const certificate = only('deletion-certificate', await signDeletionCertificate(CERTIFICATE, signer));
  const { verifierKey } = signer;
  expect(await verifyDeletion({ read: checkpoint, verifierKey, now: NOW })).toStrictEqual(
    fault('certificate_missing'),
  );
  expect(await verifyDeletion({ read: certificate, verifierKey, now: NOW })).toStrictEqual(
    fault('checkpoint_missing', 'checkpoint'),
  );
  expect(await verifyDeletion({ read: certificate, verifierKey: 'x', now: NOW })).toStrictEqual(
    fault('verifier_key_malformed', 'checkpoint'),
  );
});
