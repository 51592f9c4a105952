import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cosigner, noteSigner, signDeletionCertificate, verifierKeyOf } from '@salus/audit/log';
import { beforeEach, describe, expect, it } from 'vitest';
import { salus } from '../program.ts';
import { testDirectory } from '../test-directory.ts';
import { SEED, SIZE, verdictOf, writeLog } from './test-log.ts';
import { verifyFrom } from './verify.ts';

let directory: string;

describe('a log whose year was deleted after its retention', () => {
  const DELETED = 'localhost/log/01a20d10-f597-73b6-9bec-4ef1458d56c3/2018';
  let deletedKey: string;

  beforeEach(async () => {
    directory = await testDirectory();
    const { size, root } = await writeLog(directory, DELETED);
    const certificate = await signDeletionCertificate(
      {
        origin: DELETED,
        size: Number(size),
        root,
        firstRecordedAt: '2018-01-01T00:00:00.000000Z',
        lastRecordedAt: '2018-12-31T00:00:00.000000Z',
        rule: { years: 6, basis: '45 CFR 164.316(b)(2)(i)' },
        reason: 'retention has ended',
        decidedBy: 'job.retention',
        decidedAt: '2025-01-01T00:00:00.000000Z',
        requestId: '01a20d10-f597-73b6-9bec-4ef1458d56c3',
      },
      await noteSigner(DELETED, SEED),
    );
    await writeFile(join(directory, 'deletion-certificate'), certificate);
    deletedKey = await verifierKeyOf(DELETED, SEED);
  });

  it('says so, and exits 3: neither verified nor tampered with', async () => {
    await rm(join(directory, 'tile'), { recursive: true });
    expect(await verdictOf(directory, deletedKey)).toMatchObject({
      ok: false,
      deleted: true,
      size: SIZE,
      certificate: { decidedAt: '2025-01-01T00:00:00.000000Z', rule: { years: 6 } },
    });
    const { report } = await verifyFrom({ log: directory, keys: [deletedKey] });
    expect(report).toContain('the certificate is valid');
    expect(await salus(['audit', 'verify', directory, '--key', deletedKey])).toBe(3);
  });

  it('asks of its final checkpoint for the witnesses that are named, too', async () => {
    await rm(join(directory, 'tile'), { recursive: true });
    const witness = await cosigner('witness.example/21', new Uint8Array(32).fill(21));
    const argv = ['audit', 'verify', directory, '--key', deletedKey, '--witness', witness.verifierKey];
    const request = { log: directory, keys: [deletedKey], witnesses: [witness.verifierKey], json: true };
    expect(JSON.parse((await verifyFrom(request)).report)).toEqual({
      ok: false,
      fault: 'quorum_not_met',
      path: 'checkpoint',
    });
    expect(await salus(argv)).toBe(1);
    const file = join(directory, 'checkpoint');
    const note = await readFile(file, 'utf8');
    await writeFile(
      file,
      `${note}${await witness.cosign(note.slice(0, note.indexOf('\n\n') + 1), 1_700_000_000n)}\n`,
    );
    expect(await salus(argv)).toBe(3);
  });

  it('still verifies while all of it is there, and is deleted as soon as some of it is not', async () => {
    expect(await verdictOf(directory, deletedKey)).toMatchObject({ ok: true, size: SIZE });
    await rm(join(directory, 'tile/entries/000'));
    expect(await verdictOf(directory, deletedKey)).toMatchObject({ ok: false, deleted: true });
  });

  it('does not pass with a certificate that was touched, or without one', async () => {
    await rm(join(directory, 'tile'), { recursive: true });
    const file = join(directory, 'deletion-certificate');
    await writeFile(file, (await readFile(file, 'utf8')).replace('2025-01-01', '2024-01-01'));
    expect(await verdictOf(directory, deletedKey)).toEqual({
      ok: false,
      fault: 'note_signature_invalid',
      path: 'deletion-certificate',
    });
    expect(await salus(['audit', 'verify', directory, '--key', deletedKey])).toBe(1);
    await rm(file);
    expect(await verdictOf(directory, deletedKey)).toMatchObject({ ok: false, fault: 'bundle_missing' });
  });
});
