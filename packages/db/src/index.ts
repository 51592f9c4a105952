// The one way to the database: a connection, keys at hand, and the repositories that disclose.

export { IntegrityError, KeyProviderError } from '@salus/crypto';
export type { Call, Origin } from './call.ts';
export { CursorError } from './cursor.ts';
export { connect, type Database, type DatabaseOptions } from './database.ts';
export { Disclosed } from './disclosed.ts';
export {
  DatabaseError,
  type DatabaseErrorCode,
  KeyError,
  NotFoundError,
  RefusedError,
  VersionConflictError,
} from './errors.ts';
export { beginJob, type JobRun, organizationIds } from './job.ts';
export { createKeyring, type Keyring } from './keyring.ts';
export { type Access, readAccessLog } from './repositories/access-log.ts';
export {
  type AlertDelivery,
  alertDelivered,
  alertUndelivered,
  raiseAlerts,
} from './repositories/alert/raise.ts';
export { acknowledgeAlert, listAlerts } from './repositories/alert/read.ts';
export {
  addAuditMonths,
  type Contradiction,
  type EventPosition,
  type EventsWithoutLeaf,
  eventsWithoutLeaf,
  type PlacedLeaf,
  recordLeaves,
  setAsideEvents,
} from './repositories/audit-event.ts';
export { type LoggedEvent, readLoggedEvent } from './repositories/audit-proof.ts';
export { searchAuditEvents } from './repositories/audit-search.ts';
export { assignToCareTeam, removeFromCareTeam } from './repositories/care-team.ts';
export { type DeadLetters, recordDeadLetters } from './repositories/dead-letter.ts';
export { accountForDisclosures, recordDisclosure } from './repositories/disclosure.ts';
export { listLegalHolds, placeLegalHold, releaseLegalHold } from './repositories/legal-hold.ts';
export { createPatient } from './repositories/patient/create.ts';
export { listPatients, searchPatients } from './repositories/patient/list.ts';
export { readPatient } from './repositories/patient/read.ts';
export { type UpdatedPatient, updatePatient } from './repositories/patient/update.ts';
export { checkReadiness } from './repositories/readiness.ts';
export { endRefusalWindows, PLATFORM, type Refusal, recordRefusal } from './repositories/refusal.ts';
export { createReport, createWeeklyReport } from './repositories/report/create.ts';
export { listReports, openReport, readReport } from './repositories/report/read.ts';
export type { ReportFiles } from './repositories/report/reporter.ts';
export {
  type DueReport,
  dueReports,
  reportSent,
  reportTaken,
  takeReport,
  type UnsentReport,
  unsentReports,
} from './repositories/report/send.ts';
export {
  beginExpiry,
  destructionRefusal,
  dropEmptyMonths,
  dropExpiredEvents,
  type ExpiringYear,
  type Expiry,
  expiringYears,
  purgeSignIn,
  type RetentionRefusal,
  recordExpiry,
  yearInLog,
} from './repositories/retention.ts';
export {
  endSession,
  organizationOfRefreshToken,
  type RotationResult,
  rotateRefreshToken,
  type SignedIn,
} from './repositories/session.ts';
export {
  approveShredding,
  cancelShredding,
  listShreddings,
  requestShredding,
} from './repositories/shredding.ts';
export {
  type HeldSiem,
  holdSiems,
  nextSiemBatch,
  organizationsToExport,
  releaseSiem,
  type SiemBatch,
  siemDelivered,
  siemFailed,
} from './repositories/siem-export.ts';
export {
  beginSecondFactor,
  beginSignIn,
  finishSecondFactor,
  finishSignIn,
  type PasswordAttempt,
  type SecondFactorAttempt,
} from './repositories/sign-in.ts';
