// Audit events, and the Merkle log that proves them.
export { ALERT_LIMITS, INTEGRITY_EVENTS } from './alert-limits.ts';
export { codingOf, EVENT_CODES, type EventCodes, type EventCoding } from './event-codes.ts';
export { DISCREET_EVENTS, EVENT_KINDS, type EventType, isEventType } from './events.ts';
export { isLeafOf, leafOf } from './leaf.ts';
export { leafHash, nodeHash } from './log/merkle-hash.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from './log/verify.ts';
export { type Deed, EVENT_WORDS, type PlainWords, plainWordsOf } from './plain-words.ts';
export { toCsv } from './reports/csv.ts';
export { type Employee, kinship, kinshipOf, type Pair, type Person } from './reports/kinship.ts';
export { toPdf } from './reports/pdf.ts';
export { type ReportContent, type ReportFolds, reportContent, reportFolds } from './reports/report.ts';
export { type ReportRow, reportRowOf, type Section } from './reports/row.ts';
export { type DailyCount, HISTORY_DAYS, volumeOutliers } from './reports/volume-outliers.ts';
export { type AuditRow, auditRow, yearOf } from './row.ts';
export { ocsfEvent } from './siem/ocsf.ts';
export { missingRow, type SiemEvent } from './siem/siem-event.ts';
export { syslogFrame } from './siem/syslog.ts';
