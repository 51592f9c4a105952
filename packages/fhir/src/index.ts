// FHIR R4 resources to and from the schema.
export { auditEventToFhir, type FhirAuditEvent, fhirAuditEvent, type RecordedEvent } from './audit-event.ts';
export { type Bundle, type BundleEntry, isPatient, type OtherResource, parseBundle } from './bundle.ts';
export type { ConversionNote, NoteCode } from './choice.ts';
export { FhirError, type FhirErrorCode } from './error.ts';
export {
  type FhirPatient,
  type PatientConversion,
  parsePatient,
  patientFromFhir,
  patientToFhir,
  type SkipReason,
} from './patient.ts';
