// What the audit trail can say: a closed list, each type under one of the kinds that a HIPAA audit trail distinguishes
// (45 CFR 164.312(b)). A type is the procedure's own name where there is one, so that a reader need not translate.
import type { AuditKind } from '@salus/schema';

export const EVENT_KINDS = {
  'sign_in.password': 'authentication',
  'sign_in.second_factor': 'authentication',
  'sign_in.throttled': 'security',
  sign_out: 'authentication',
  refresh: 'authentication',
  'refresh.reused': 'security',
  'token.refused': 'security',
  'request.refused': 'security',
  'patient.create': 'phi_modification',
  'patient.read': 'phi_access',
  'patient.list': 'phi_access',
  'patient.search': 'phi_access',
  'patient.update': 'phi_modification',
  'care_team.create': 'authorization',
  'care_team.delete': 'authorization',
  'audit_event.read': 'phi_access',
  'audit_event.list': 'phi_access',
  'audit_event.search': 'phi_access',
  'audit_event.contradicted': 'security',
  'audit_event.unloggable': 'security',
  'disclosure.create': 'phi_access',
  'disclosure.list': 'phi_access',
  'report.create': 'phi_access',
  'report.read': 'phi_access',
  'report.list': 'phi_access',
  'report.send': 'phi_access',
  'legal_hold.create': 'system_change',
  'legal_hold.update': 'system_change',
  'legal_hold.list': 'phi_access',
  'shredding.create': 'phi_deletion',
  'shredding.update': 'phi_deletion',
  'shredding.delete': 'phi_deletion',
  'shredding.list': 'phi_access',
  'organization.update': 'system_change',
  'organization.create': 'system_change',
  'organization_key.rotate': 'system_change',
  'organization_key.rewrap': 'system_change',
  'organization_key.retire': 'system_change',
  'patient_key.rewrap': 'system_change',
  'patient_key.reseal': 'system_change',
  'account.reseal': 'system_change',
  'organization.reseal': 'system_change',
  'organization.shred': 'phi_deletion',
  'user.create': 'system_change',
  'session.provisioned': 'system_change',
  'retention_rule.update': 'system_change',
  'retention.expired': 'system_change',
  'retention.refused': 'security',
  'retention.purged': 'system_change',
  'destination.create': 'system_change',
  'destination.update': 'system_change',
  'destination.delete': 'system_change',
  'alert.raise': 'security',
  'alert.undelivered': 'security',
  'alert.list': 'phi_access',
  'alert.update': 'system_change',
  'integrity.failed': 'security',
  'audit.dead_letter': 'security',
} as const satisfies Record<string, AuditKind>;

export type EventType = keyof typeof EVENT_KINDS;

/** Events that name no patient and no reason, because anybody may read the log and the patient is not to be told, or not yet. */
export const DISCREET_EVENTS: ReadonlySet<EventType> = new Set<EventType>([
  'disclosure.create',
  'legal_hold.create',
  'legal_hold.update',
]);

/** Whether a text names an event that Salus records. */
export function isEventType(text: string): text is EventType {
  return Object.hasOwn(EVENT_KINDS, text);
}
