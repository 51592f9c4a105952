// The shape of everything on the wire, and the class of every field. A resource has one line here.
export { ALERT_RULES, type Alert, type AlertRule, alert } from './alert.ts';
export {
  type AccessLogEntry,
  AUDIT_KINDS,
  AUDIT_OUTCOMES,
  type AuditEvent,
  type AuditKind,
  type AuditOutcome,
  type AuditProof,
  type AuditSearch,
  accessLogEntry,
  auditEvent,
  auditProof,
  auditSearch,
  type DisclosedAuditEvent,
  disclosedAuditEvent,
  type ProvenAccess,
  provenAccess,
} from './audit-event.ts';
export { type CareTeamMember, careTeam, careTeamMember } from './care-team.ts';
export { type Address, address } from './datatypes/address.ts';
export { birthDate, isCalendarDate, isFutureDate } from './datatypes/birth-date.ts';
export { emailAddress } from './datatypes/email-address.ts';
export { type HumanName, humanName } from './datatypes/human-name.ts';
export {
  type AlertId,
  type AuditEventId,
  alertId,
  auditEventId,
  type DestinationId,
  destinationId,
  type LegalHoldId,
  legalHoldId,
  type OrganizationId,
  organizationId,
  type PatientId,
  patientId,
  type ReportId,
  reportId,
  type SessionId,
  type ShreddingId,
  sessionId,
  shreddingId,
  type UserId,
  userId,
} from './datatypes/id.ts';
export { socialSecurityNumber } from './datatypes/social-security-number.ts';
export { telephoneNumber } from './datatypes/telephone-number.ts';
export { text } from './datatypes/text.ts';
export {
  DESTINATION_AUTHENTICATIONS,
  DESTINATION_KINDS,
  type Destination,
  type DestinationKind,
  destination,
} from './destination.ts';
export {
  type AccountedDisclosure,
  accountedDisclosure,
  DISCLOSURE_REASONS,
  type Disclosure,
  type DisclosureAccount,
  disclosure,
  disclosureAccount,
  type NewDisclosure,
  newDisclosure,
} from './disclosure.ts';
export {
  type BlindIndexOptions,
  clinical,
  credential,
  credentialHash,
  type Field,
  financial,
  type IndexTerm,
  identifier,
  type Normalisation,
  operational,
  type PlainColumn,
  restricted,
} from './field.ts';
export { type FieldClass, SAFE_HARBOR_KINDS, type SafeHarborKind } from './field-class.ts';
export { JOB_ROLES, JOBS, type Job, type JobRole } from './job.ts';
export { type LegalHold, legalHold, type NewLegalHold, newLegalHold } from './legal-hold.ts';
export { type Organization, organization } from './organization.ts';
export { type Page, type PageRequest, pageOf, pageRequest } from './page.ts';
export {
  type DisclosedPatient,
  disclosedPatient,
  type NewPatient,
  newPatient,
  type Patient,
  type PatientChange,
  type PatientField,
  type PatientQuery,
  type PatientSearch,
  patient,
  patientChange,
  patientField,
  patientQuery,
  patientSearch,
} from './patient.ts';
export {
  ACCOUNTABLE_PURPOSES,
  PURPOSES_OF_USE,
  type PurposeOfUse,
  purposeOfUseSchema,
} from './purpose-of-use.ts';
export {
  type RenderedReport,
  type Report,
  type ReportFile,
  type ReportPeriod,
  renderedReport,
  report,
  reportFile,
  reportPeriod,
} from './report.ts';
export {
  type CompoundIndex,
  defineResource,
  type FieldName,
  type Fields,
  isOptional,
  type PlainName,
  plainFields,
  type RecordOf,
  type Resource,
  type SealedName,
  type SealedUnder,
  sealedFields,
} from './resource.ts';
export { RESOURCES } from './resources.ts';
export { ROLES, type Role, roleSchema } from './role.ts';
export { type SessionRecord, session } from './session.ts';
export { type NewShredding, newShredding, type Shredding, shredding } from './shredding.ts';
export { type User, user } from './user.ts';
