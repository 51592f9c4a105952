// Verifies a log for whoever trusts nobody here, with nothing but its files and its key.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type LogVerdict, verifyLog } from '@salus/audit/log';
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

/** @throws UsageError, and CommandError when the files cannot be got at, which says nothing about the log */
export async function verifyFrom({
  log,
  key,
  earlier,
  json,
}: VerifyRequest): Promise<{ ok: boolean; report: string }> {
  const bar = progress('entries');
  try {
    const verdict = await verifyLog({
      read: filesOf(log),
      verifierKey: key.trim(),
      ...(earlier !== undefined && { earlier: await checkpointIn(earlier) }),
      onProgress: (entries, size) => bar.show(entries, size),
      // Several times as fast as Web Crypto for inputs as short as these.
      sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    });
    bar.end();
    return { ok: verdict.ok, report: json ? JSON.stringify(plain(verdict)) : sentence(verdict) };
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

function plain(verdict: LogVerdict) {
  if (!verdict.ok) return { ok: false, fault: verdict.fault, path: verdict.path };
  const { origin, size, root } = verdict.checkpoint;
  return { ok: true, origin, size: Number(size), root: Buffer.from(root).toString('base64') };
}

function sentence(verdict: LogVerdict): string {
  if (!verdict.ok) return `${verdict.fault.replaceAll('_', ' ')} (${verdict.path})`;
  const { origin, size, root } = verdict.checkpoint;
  return done(`${origin}: ${size} entries, root ${Buffer.from(root).toString('base64')}`);
}
