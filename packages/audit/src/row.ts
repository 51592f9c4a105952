// A row of the audit trail as the database gives it out: salus.audit_row() makes it, this says what it made. Ciphertext is
// Base 64 text, what a row does not have is null, and the time has the database's microseconds.
import { AUDIT_KINDS, AUDIT_OUTCOMES } from '@salus/schema';
import * as z from 'zod';

type Json = z.core.util.JSONType;

/** What JSON can say, kept as it came: z.json() would drop a key named `__proto__`, and the log would not cover it. */
const json = z.custom<Json>((value) => value !== undefined);

const RECORDED_AT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

export const auditRow = z.strictObject({
  id: z.uuid(),
  organizationId: z.uuid(),
  /** UTC, `2026-11-24T10:11:12.345678Z` */
  recordedAt: z.string().regex(RECORDED_AT),
  kind: z.enum(AUDIT_KINDS),
  type: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  actorId: z.uuid().nullable(),
  actorRole: z.string().nullable(),
  sessionId: z.uuid().nullable(),
  patientId: z.uuid().nullable(),
  resource: z.string().nullable(),
  resourceId: z.uuid().nullable(),
  purpose: z.string().nullable(),
  fields: z.array(z.string()).nullable(),
  requestId: z.uuid(),
  origin: z.base64().nullable(),
  changes: json.nullable(),
  details: json.nullable(),
});

export type AuditRow = z.output<typeof auditRow>;

/** The calendar year, in UTC, whose log the event belongs to. */
export function yearOf({ recordedAt }: AuditRow): number {
  return Number(recordedAt.slice(0, 4));
}
