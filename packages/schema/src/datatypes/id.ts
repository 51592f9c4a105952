// Opaque identifiers. They are UUIDs, mean nothing outside the database, and are told apart by the compiler.
import * as z from 'zod';

export const organizationId = z.uuid().brand<'OrganizationId'>();
export const userId = z.uuid().brand<'UserId'>();
export const sessionId = z.uuid().brand<'SessionId'>();
export const patientId = z.uuid().brand<'PatientId'>();
export const auditEventId = z.uuid().brand<'AuditEventId'>();
export const legalHoldId = z.uuid().brand<'LegalHoldId'>();
export const alertId = z.uuid().brand<'AlertId'>();
export const destinationId = z.uuid().brand<'DestinationId'>();
export const disclosureId = z.uuid().brand<'DisclosureId'>();
export const reportId = z.uuid().brand<'ReportId'>();
export const shreddingId = z.uuid().brand<'ShreddingId'>();

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
