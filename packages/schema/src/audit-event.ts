// One line of the audit trail (45 CFR 164.312(b)): who did what to which record, when, why and with what outcome. It is
// written by the database from the session's own context, in the transaction of what it describes, and never changed.
import * as z from 'zod';
import { auditEventId, patientId, userId } from './datatypes/id.ts';
import { instant } from './datatypes/instant.ts';
import { text } from './datatypes/text.ts';
import { identifier, operational } from './field.ts';
import { JOB_ROLES } from './job.ts';
import { pageRequest } from './page.ts';
import { purposeOfUseSchema } from './purpose-of-use.ts';
import { defineResource } from './resource.ts';
import { ROLES } from './role.ts';

/** The seven kinds that a HIPAA audit trail distinguishes. */
export const AUDIT_KINDS = [
  'authentication',
  'authorization',
  'phi_access',
  'phi_modification',
  'phi_deletion',
  'system_change',
  'security',
] as const;

/** How it ended. `denied`: refused on purpose. `failed`: could not be done. */
export const AUDIT_OUTCOMES = ['success', 'denied', 'failed'] as const;

export const auditEvent = defineResource({
  name: 'audit_event',
  table: 'audit_events',
  sealedUnder: 'audit_key',
  fields: {
    id: operational('uuid', auditEventId),
    recordedAt: operational('timestamptz', z.iso.datetime()),
    kind: operational('text', z.enum(AUDIT_KINDS)),
    /** What happened, within the kind: the closed list is in `@salus/audit`. */
    type: operational('text', z.string()),
    outcome: operational('text', z.enum(AUDIT_OUTCOMES)),
    actorId: operational('uuid', userId.optional()),
    actorRole: operational('text', z.enum([...ROLES, ...JOB_ROLES]).optional()),
    /** A name for the session, made from its id, that begins nothing. */
    sessionId: operational('uuid', z.uuid().optional()),
    patientId: operational('uuid', patientId.optional()),
    resource: operational('text', z.string().optional()),
    resourceId: operational('uuid', z.uuid().optional()),
    purpose: operational('text', purposeOfUseSchema.optional()),
    /** Names of the fields that were disclosed or changed, never their values. */
    fields: operational('text[]', z.array(z.string()).optional()),
    requestId: operational('uuid', z.uuid()),
    /** The caller's network address and user agent. */
    origin: identifier('ip_address', z.strictObject({ address: z.string(), agent: z.string() }).optional()),
    /** Old and new ciphertext of changed fields, under the patient's own key. */
    changes: operational('jsonb', z.record(z.string(), z.unknown()).optional()),
    /** Counts, reason codes and the like. */
    details: operational('jsonb', z.record(z.string(), z.unknown()).optional()),
  },
});

const recorded = auditEvent.schema.shape;

/** Which events to show: all that are given hold. The newest come first. */
export const auditSearch = pageRequest.extend({
  /** From this moment on, and before `until`. */
  from: instant.optional(),
  until: instant.optional(),
  kind: recorded.kind.optional(),
  type: text({ max: 64 }).optional(),
  outcome: recorded.outcome.optional(),
  actorId: recorded.actorId,
  patientId: recorded.patientId,
  resource: text({ max: 64 }).optional(),
  requestId: recorded.requestId.optional(),
});

/** An event as it is shown to whoever may read the trail: without the ciphertext of changes. */
export const disclosedAuditEvent = auditEvent.schema.omit({ changes: true });

/** Proof that an event is in its organization's log, for whoever trusts nobody here. */
export const auditProof = z.strictObject({
  /** What the log holds of the event: canonical JSON (RFC 8785). */
  leaf: z.string(),
  /** Position, audit path and signed checkpoint (c2sp.org/tlog-proof). */
  proof: z.string(),
  /** The log's verifier key. Compare it with one that was had from elsewhere. */
  verifierKey: z.string(),
});

/** One line of who opened a record, in plain words, for the person whose record it is. */
export const accessLogEntry = z.strictObject({
  id: auditEventId,
  at: z.iso.datetime(),
  who: z.string(),
  role: z.string().nullable(),
  what: z.string(),
  /** Which parts of the record. */
  fields: z.array(z.string()),
  why: z.string().nullable(),
  outcome: z.string(),
  /** All of it in one. */
  sentence: z.string(),
});

/** The same with its proof; null while the log has not published the event, which takes seconds, or has a damaged file. */
export const provenAccess = z.strictObject({ entry: accessLogEntry, proof: auditProof.nullable() });

export type AccessLogEntry = z.output<typeof accessLogEntry>;
export type ProvenAccess = z.output<typeof provenAccess>;
export type AuditProof = z.output<typeof auditProof>;
export type AuditSearch = z.output<typeof auditSearch>;
export type DisclosedAuditEvent = z.output<typeof disclosedAuditEvent>;
export type AuditEvent = z.output<typeof auditEvent.schema>;
export type AuditKind = (typeof AUDIT_KINDS)[number];
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];
