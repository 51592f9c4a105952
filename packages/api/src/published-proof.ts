// Proof that an event is in its log, made of the log as it is published.
import { leafOf } from '@salus/audit';
import { LogError, makeTlogProof } from '@salus/audit/log';
import type { LoggedEvent } from '@salus/db';
import type { AuditProof } from '@salus/schema';
import type { PublishedLog, Services } from './context.ts';
import { ApiError } from './errors.ts';

/** @throws ApiError `unavailable` when the log has not published the event yet */
export async function proofOf(
  { row, year, index }: LoggedEvent,
  { publishedLog }: Pick<Services, 'publishedLog'>,
): Promise<AuditProof> {
  const log = await publishedLog(row.organizationId, year);
  const decoder = new TextDecoder();
  const { proof, verifierKey } = await publishedProof(log, index);
  return { leaf: decoder.decode(await leafOf(row)), proof: decoder.decode(proof), verifierKey };
}

/** By the present key where the checkpoint has its signature: a log that changes its key is signed by both in the end. */
async function publishedProof(
  { read, memory, verifierKeys }: PublishedLog,
  index: number,
): Promise<{ proof: Uint8Array; verifierKey: string }> {
  for (const [at, verifierKey] of verifierKeys.entries()) {
    try {
      return { proof: await makeTlogProof({ read, memory, verifierKey, index }), verifierKey };
    } catch (error) {
      const isLast = at === verifierKeys.length - 1;
      if (!isLast && error instanceof LogError && error.code === 'note_unsigned') continue;
      throw isUnpublished(error) ? new ApiError('unavailable') : error;
    }
  }
  throw new ApiError('unavailable');
}

/** Numbered, and not in a checkpoint yet: a second later it is. */
function isUnpublished(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof LogError && error.code === 'checkpoint_missing');
}

/** The same log with what was read of it at hand: many proofs of one log share most of what they are made of. */
export function readOnce(publishedLog: Services['publishedLog']): Services['publishedLog'] {
  const logs = new Map<string, Promise<PublishedLog>>();
  return (organizationId, year) => {
    const name = `${organizationId}/${year}`;
    const log = logs.get(name) ?? publishedLog(organizationId, year).then(withMemory);
    logs.set(name, log);
    return log;
  };
}

function withMemory(log: PublishedLog): PublishedLog {
  const files = new Map<string, Promise<Uint8Array | null>>();
  return {
    ...log,
    read(path) {
      const file = files.get(path) ?? log.read(path);
      files.set(path, file);
      return file;
    },
  };
}
