// Verifies a log for whoever trusts nobody here, with nothing but its files and its key, and the keys of witnesses where it
// must have been cosigned; on request against the database that it is of. One that is not there any more was deleted after
// its retention, as its certificate says, or was not.
import { readFile } from 'node:fs/promises';
import { type VerifyLogOptions, verifyDeletion, verifyLog } from '@salus/audit/log';
import { hashing, nodeSha256 } from '@salus/audit/threads';
import { CommandError, NOT_A_POLICY, UnreachableError, UsageError } from '../errors.ts';
import { progress } from '../terminal/progress.ts';
import type { DatabaseComparer } from './against-database.ts';
import { copying, filesOf, isLive } from './log-files.ts';
import { type Findings, plain, sentence } from './verdict.ts';

export interface VerifyRequest {
  /** A directory or a URL. */
  readonly log: string;
  /** Several, when the log has changed its key. */
  readonly keys: readonly string[];
  readonly witnesses?: readonly string[] | undefined;
  /** How many of the witnesses must have cosigned; all of them, if nothing else is said. */
  readonly quorum?: number | undefined;
  /** File with a checkpoint that was seen before. */
  readonly earlier?: string | undefined;
  /** Compare with the database of DATABASE_URL. */
  readonly againstDatabase?: boolean | undefined;
  /** Directory that every file that was read is kept in, as it was read. */
  readonly copyTo?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface Verified {
  readonly ok: boolean;
  /** The log is gone, and could be: `ok` is false, because no entry of it can be verified. */
  readonly deleted: boolean;
  readonly report: string;
}

/** @throws UsageError, and UnreachableError when files or rows cannot be got at, which says nothing about the log */
export async function verifyFrom(request: VerifyRequest): Promise<Verified> {
  const over = new AbortController();
  const read = filesOf(request.log, over.signal);
  const copy = request.copyTo === undefined ? undefined : await copying(read, request.copyTo);
  const files: Files = {
    read: copy?.read ?? read,
    verifierKey: request.keys.map((key) => key.trim()),
    ...(request.earlier !== undefined && { earlier: await checkpointIn(request.earlier) }),
  };
  const looking = request.againstDatabase ? lookBeside(files, request) : look(files, request);
  const findings = await looking.finally(() => over.abort());
  // Whatever the verdict: what does not verify is evidence.
  await copy?.finish();
  const { verdict, database } = findings;
  return {
    ok: 'ok' in verdict && verdict.ok && database?.first === undefined,
    deleted: 'deleted' in verdict && verdict.deleted,
    report: request.json ? JSON.stringify(plain(findings)) : sentence(findings),
  };
}

type Files = Pick<VerifyLogOptions, 'read' | 'verifierKey' | 'earlier'>;

async function lookBeside(files: Files, request: VerifyRequest): Promise<Findings> {
  const [keyName = ''] = (request.keys[0] ?? '').trim().split('+');
  const { withDatabase } = await import('./with-database.ts');
  return withDatabase({ keyName, live: isLive(request.log) }, (comparer) => look(files, request, comparer));
}

async function look(
  files: Files,
  { witnesses, quorum }: VerifyRequest,
  comparer?: DatabaseComparer,
): Promise<Findings> {
  const bar = progress('entries');
  const hashes = hashing();
  const trusting = {
    ...files,
    ...(witnesses && { witnesses: witnesses.map((key) => key.trim()) }),
    ...(quorum !== undefined && { quorum }),
  };
  try {
    const verdict = await verifyLog({
      ...trusting,
      ...(comparer && { onEntry: comparer.onEntry }),
      onProgress: (entries, size) => bar.show(entries, size),
      sha256: nodeSha256,
      hashBundle: hashes.hashBundle,
    });
    bar.end();
    if (verdict.ok) return { verdict, database: await comparer?.finish(Number(verdict.checkpoint.size)) };
    // No log verifies under it: whoever scripts this has the answer, whatever is wrong with the key.
    if (verdict.fault === 'verifier_key_malformed') throw new CommandError('not a verifier key');
    if (verdict.fault === 'witness_policy_malformed') throw new UsageError(NOT_A_POLICY);
    const deletion = await verifyDeletion({ ...trusting, now: Date.now() });
    const isOfDeletion = deletion.deleted || deletion.fault !== 'certificate_missing';
    return { verdict: isOfDeletion ? deletion : verdict };
  } finally {
    await hashes.close();
    bar.end();
  }
}

async function checkpointIn(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch {
    throw new UnreachableError('the earlier checkpoint cannot be read');
  }
}
