// Opaque identifiers. They are UUIDs, mean nothing outside the database, and are told apart by the compiler. However one is
// written (RFC 9562 §4), it is small letters from here on, as PostgreSQL writes it: what is sealed lies under an id as text, and
// under other letters it would never open again.
import * as z from 'zod';

const uuid = z.uuid().toLowerCase();

export const organizationId = uuid.brand<'OrganizationId'>();
export const userId = uuid.brand<'UserId'>();
export const sessionId = uuid.brand<'SessionId'>();
export const patientId = uuid.brand<'PatientId'>();
export const auditEventId = uuid.brand<'AuditEventId'>();
export const legalHoldId = uuid.brand<'LegalHoldId'>();
export const alertId = uuid.brand<'AlertId'>();
export const destinationId = uuid.brand<'DestinationId'>();
export const disclosureId = uuid.brand<'DisclosureId'>();
export const reportId = uuid.brand<'ReportId'>();
export const shreddingId = uuid.brand<'ShreddingId'>();

export type OrganizationId = z.output<typeof organizationId>;
export type UserId = z.output<typeof userId>;
export type SessionId = z.output<typeof sessionId>;
export type PatientId = z.output<typeof patientId>;
export type AuditEventId = z.output<typeof auditEventId>;
export type LegalHoldId = z.output<typeof legalHoldId>;
export type AlertId = z.output<typeof alertId>;
export type DestinationId = z.output<typeof destinationId>;
export type ReportId = z.output<typeof reportId>;
export type ShreddingId = z.output<typeof shreddingId>;
