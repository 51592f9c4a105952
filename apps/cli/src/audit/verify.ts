// Verifies a log for whoever trusts nobody here, with nothing but its files and its key. One that is not there any more was
// deleted after its retention, as its certificate says, or was not.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type DeletionVerdict, type LogVerdict, verifyDeletion, verifyLog } from '@salus/audit/log';
import { CommandError } from '../errors.ts';
import { progress } from '../terminal/progress.ts';
import { done } from '../terminal/style.ts';
import { filesOf } from './log-files.ts';

export interface VerifyRequest {
  readonly log: string;
  readonly key: string;
  readonly earlier?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface Verified {
  readonly ok: boolean;
  /** The log is gone, and could be: `ok` is false, because no entry of it can be verified. */
  readonly deleted: boolean;
  readonly report: string;
}

/** @throws UsageError, and CommandError when the files cannot be got at, which says nothing about the log */
export async function verifyFrom({ log, key, earlier, json }: VerifyRequest): Promise<Verified> {
  const bar = progress('entries');
  const files = {
    read: filesOf(log),
    verifierKey: key.trim(),
    ...(earlier !== undefined && { earlier: await checkpointIn(earlier) }),
  };
  try {
    const verdict = await verifyLog({
      ...files,
      onProgress: (entries, size) => bar.show(entries, size),
      // Several times as fast as Web Crypto for inputs as short as these.
      sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    });
    bar.end();
    const deletion = verdict.ok ? null : await verifyDeletion({ ...files, now: Date.now() });
    const found: AnyVerdict =
      deletion && (deletion.deleted || deletion.fault !== 'certificate_missing') ? deletion : verdict;
    return {
      ok: verdict.ok,
      deleted: deletion?.deleted ?? false,
      report: json ? JSON.stringify(plain(found)) : sentence(found),
    };
  } finally {
    bar.end();
  }
}

async function checkpointIn(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch {
    throw new CommandError('the earlier checkpoint cannot be read');
  }
}

type AnyVerdict = LogVerdict | DeletionVerdict;

function plain(verdict: AnyVerdict) {
  if ('fault' in verdict) return { ok: false, fault: verdict.fault, path: verdict.path };
  const { origin, size, root } = verdict.checkpoint;
  const checkpoint = { origin, size: Number(size), root: Buffer.from(root).toString('base64') };
  if ('ok' in verdict) return { ok: true, ...checkpoint };
  const { firstRecordedAt, lastRecordedAt, rule, reason, ...decision } = verdict.certificate;
  const { decidedBy, decidedAt, requestId } = decision;
  const certificate = { firstRecordedAt, lastRecordedAt, rule, reason, decidedBy, decidedAt, requestId };
  return { ok: false, deleted: true, ...checkpoint, certificate };
}

function sentence(verdict: AnyVerdict): string {
  if ('fault' in verdict) return `${verdict.fault.replaceAll('_', ' ')} (${verdict.path})`;
  const { origin, size, root } = verdict.checkpoint;
  const checkpoint = `${origin}: ${size} entries, root ${Buffer.from(root).toString('base64')}`;
  if ('ok' in verdict) return done(checkpoint);
  const { decidedAt, rule } = verdict.certificate;
  return `${checkpoint}\ndeleted: decided ${decidedAt}, to be kept for ${rule.years} years (${rule.basis}); the certificate is valid`;
}
