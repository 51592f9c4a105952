// What each event is called outside: the codes of DICOM (PS3.16, CID 400 for what happened and CID 401 for what exactly; the
// ATNA profile of IHE takes the same), and the action code of FHIR R4 AuditEvent. Which action goes with which of the first
// follows DICOM PS3.15 A.5.3. An event that has no second code in DICOM has only its own.
import type { EventType } from './events.ts';

/** DICOM PS3.16, CID 400 Audit Event ID. */
export const AUDIT_EVENT_IDS = {
  audit_log_used: ['110101', 'Audit Log Used'],
  export: ['110106', 'Export'],
  patient_record: ['110110', 'Patient Record'],
  query: ['110112', 'Query'],
  security_alert: ['110113', 'Security Alert'],
  user_authentication: ['110114', 'User Authentication'],
} as const;

/** DICOM PS3.16, CID 401 Audit Event Type Code. */
export const AUDIT_EVENT_TYPES = {
  login: ['110122', 'Login'],
  logout: ['110123', 'Logout'],
  security_configuration: ['110129', 'Security Configuration'],
  use_of_restricted_function: ['110132', 'Use of Restricted Function'],
  object_security: ['110135', 'Object Security Attributes Changed'],
  user_security: ['110137', 'User Security Attributes Changed'],
} as const;

export interface EventCodes {
  readonly event: keyof typeof AUDIT_EVENT_IDS;
  readonly type: keyof typeof AUDIT_EVENT_TYPES | null;
  /** FHIR R4 AuditEvent.action: create, read, update, delete, execute. */
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
}

const is = (
  event: EventCodes['event'],
  type: EventCodes['type'],
  action: EventCodes['action'],
): EventCodes => ({ event, type, action });

export const EVENT_CODES: Readonly<Record<EventType, EventCodes>> = {
  'sign_in.password': is('user_authentication', 'login', 'E'),
  'sign_in.second_factor': is('user_authentication', 'login', 'E'),
  'sign_in.throttled': is('security_alert', null, 'E'),
  sign_out: is('user_authentication', 'logout', 'E'),
  refresh: is('user_authentication', null, 'E'),
  'refresh.reused': is('security_alert', null, 'E'),
  'token.refused': is('security_alert', null, 'E'),
  'request.refused': is('security_alert', null, 'E'),
  'patient.create': is('patient_record', null, 'C'),
  'patient.read': is('patient_record', null, 'R'),
  'patient.list': is('query', null, 'E'),
  'patient.search': is('query', null, 'E'),
  'patient.update': is('patient_record', null, 'U'),
  'care_team.create': is('security_alert', 'object_security', 'E'),
  'care_team.delete': is('security_alert', 'object_security', 'E'),
  'audit_event.read': is('audit_log_used', null, 'R'),
  'audit_event.list': is('audit_log_used', null, 'R'),
  'audit_event.search': is('audit_log_used', null, 'R'),
  'audit_event.contradicted': is('security_alert', null, 'E'),
  'audit_event.unloggable': is('security_alert', null, 'E'),
  'disclosure.create': is('export', null, 'R'),
  'disclosure.list': is('query', null, 'E'),
  'report.create': is('audit_log_used', null, 'R'),
  'report.read': is('audit_log_used', null, 'R'),
  'report.list': is('audit_log_used', null, 'R'),
  'report.send': is('export', null, 'R'),
  'legal_hold.create': is('security_alert', 'object_security', 'E'),
  'legal_hold.update': is('security_alert', 'object_security', 'E'),
  'legal_hold.list': is('query', null, 'E'),
  'shredding.create': is('security_alert', 'object_security', 'E'),
  'shredding.update': is('patient_record', null, 'D'),
  'shredding.delete': is('security_alert', 'object_security', 'E'),
  'shredding.list': is('query', null, 'E'),
  'organization.update': is('security_alert', 'security_configuration', 'E'),
  'organization.create': is('security_alert', 'security_configuration', 'E'),
  'organization_key.rotate': is('security_alert', 'security_configuration', 'E'),
  'organization_key.rewrap': is('security_alert', 'security_configuration', 'E'),
  'organization_key.retire': is('security_alert', 'security_configuration', 'E'),
  'patient_key.rewrap': is('security_alert', 'object_security', 'E'),
  'patient_key.reseal': is('security_alert', 'object_security', 'E'),
  'organization.shred': is('patient_record', null, 'D'),
  'organization.reseal': is('security_alert', 'object_security', 'E'),
  'account.reseal': is('security_alert', 'object_security', 'E'),
  'user.create': is('security_alert', 'user_security', 'E'),
  'session.provisioned': is('security_alert', 'use_of_restricted_function', 'E'),
  'retention_rule.update': is('security_alert', 'security_configuration', 'E'),
  'retention.expired': is('security_alert', 'security_configuration', 'E'),
  'retention.refused': is('security_alert', 'use_of_restricted_function', 'E'),
  'retention.purged': is('security_alert', 'security_configuration', 'E'),
  'destination.create': is('security_alert', 'security_configuration', 'E'),
  'destination.update': is('security_alert', 'security_configuration', 'E'),
  'destination.delete': is('security_alert', 'security_configuration', 'E'),
  'alert.raise': is('security_alert', null, 'E'),
  'alert.undelivered': is('security_alert', null, 'E'),
  'alert.list': is('query', null, 'E'),
  'alert.update': is('security_alert', null, 'E'),
  'integrity.failed': is('security_alert', null, 'E'),
  'audit.dead_letter': is('security_alert', null, 'E'),
};

/** A coding as FHIR and ATNA write one. */
export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display: string;
}

const DICOM = 'http://dicom.nema.org/resources/ontology/DCM';
/** Salus's own list of events, EVENT_KINDS. It has no address on the web, and a UUID needs none (RFC 9562). */
const OWN = 'urn:uuid:6d2a4c0e-5f0b-4f39-9a4e-0c8a2f7d1b53';

export interface EventCoding {
  readonly type: Coding;
  /** DICOM's, where it has one, and always Salus's own. */
  readonly subtype: readonly Coding[];
  readonly action: EventCodes['action'];
}

export function codingOf(event: EventType): EventCoding {
  const codes = EVENT_CODES[event];
  const dicom = ([code, display]: readonly [string, string]): Coding => ({ system: DICOM, code, display });
  return {
    type: dicom(AUDIT_EVENT_IDS[codes.event]),
    subtype: [
      ...(codes.type ? [dicom(AUDIT_EVENT_TYPES[codes.type])] : []),
      { system: OWN, code: event, display: event.replaceAll(/[._]/g, ' ') },
    ],
    action: codes.action,
  };
}
