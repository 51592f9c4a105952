// The end of one year of an organization's trail and log (docs/retention.md): final checkpoint, certificate, event in the
// present log, and only then the destruction of log, files and rows. Killed between any two steps and run again it goes on
// where it was; at no point does what is left verify as anything but whole, or deleted as certified.
import { DELETION_CERTIFICATE, signDeletionCertificate } from '@salus/audit/log';
import {
  beginExpiry,
  destructionRefusal,
  dropEmptyMonths,
  dropExpiredEvents,
  type Expiry,
  type JobRun,
  type RetentionRefusal,
  recordExpiry,
  yearInLog,
} from '@salus/db';
import type { FinalCheckpoint } from '../audit/audit-log.ts';
import { type LogKeys, logPrefix, logSigners } from '../audit/log-keys.ts';
import type { Env } from '../env.ts';
import { report } from '../report.ts';
import { deleteFiles } from './delete-files.ts';

export type LogBindings = LogKeys & Pick<Env, 'AUDIT_LOG' | 'LOG'>;

/** `waiting`: another minute goes on. `disagrees`: trail and log differ, and a person must look before anything is destroyed. */
export type YearEnd = 'deleted' | 'waiting' | 'disagrees' | RetentionRefusal;

const EVENTS_AT_ONCE = 2_000;
/** In one run, which may make so many requests and no more. */
const BATCHES = 100;

/** @throws DatabaseError, LogError and whatever R2 and the log throw: another run goes on from there */
export async function expireYear(run: JobRun, env: LogBindings, year: number): Promise<YearEnd> {
  const decided = await beginExpiry(run, year);
  if (decided.refusal !== null) return decided.refusal;
  if (!decided.value.isRecorded) {
    const obstacle = await certify(run, env, year, decided.value);
    if (obstacle !== null) return obstacle;
  }
  const refusal = await destructionRefusal(run, year);
  if (refusal !== null) return refusal === 'not_in_log' ? 'waiting' : refusal;
  return destroy(run, env, year);
}

async function certify(run: JobRun, env: LogBindings, year: number, expiry: Expiry): Promise<YearEnd | null> {
  const { organizationId } = run;
  const { events, withoutLeaf } = await yearInLog(run, year);
  // The sweep brings them into the log, which must be open for that.
  if (withoutLeaf > 0) return 'waiting';
  const log = env.AUDIT_LOG.getByName(`${organizationId}/${year}`);
  const final = await log.close(organizationId, year);
  if (final.size !== events) {
    report(run.requestId, { code: 'retention_disagrees', error: 'tampering' });
    return 'disagrees';
  }
  await writeCertificate(env, logPrefix(organizationId, year), expiry, final);
  return recordExpiry(run, year, final);
}

/** The same bytes each time: everything in it was decided once, and is kept by the database. */
async function writeCertificate(
  env: LogBindings,
  prefix: string,
  expiry: Expiry,
  final: FinalCheckpoint,
): Promise<void> {
  const origin = `${env.LOG_ORIGIN}/${prefix}`;
  const certificate = await signDeletionCertificate(
    {
      origin,
      size: final.size,
      root: final.root,
      firstRecordedAt: expiry.firstRecordedAt,
      lastRecordedAt: expiry.lastRecordedAt,
      rule: { years: expiry.ruleYears, basis: expiry.ruleBasis },
      reason: 'retention has ended',
      decidedBy: 'job.retention',
      decidedAt: expiry.decidedAt,
      requestId: expiry.requestId,
    },
    ...(await logSigners(env, prefix)),
  );
  await env.LOG.put(`${prefix}/${DELETION_CERTIFICATE}`, certificate);
}

async function destroy(run: JobRun, env: LogBindings, year: number): Promise<YearEnd> {
  const { organizationId } = run;
  await env.AUDIT_LOG.getByName(`${organizationId}/${year}`).clear(organizationId, year);
  if (!(await deleteFiles(env.LOG, `${logPrefix(organizationId, year)}/tile/`))) return 'waiting';
  for (let batch = 0; batch < BATCHES; batch++) {
    const { refusal, dropped, remaining } = await dropExpiredEvents(run, year, EVENTS_AT_ONCE);
    if (refusal !== null) return refusal;
    if (!remaining) {
      await dropEmptyMonths(run);
      return 'deleted';
    }
    if (dropped === 0) {
      // Rows that no leaf stands for came after the year was certified: nobody should be writing there.
      report(run.requestId, { code: 'retention_disagrees', error: 'tampering' });
      return 'disagrees';
    }
  }
  return 'waiting';
}
