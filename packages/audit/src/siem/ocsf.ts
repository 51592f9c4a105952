// Events in the Open Cybersecurity Schema Framework, version 1.5.0 (schema.ocsf.io): one class for each kind, with the names
// and numbers of the framework. What it has no name for stands under `unmapped`.
import type { AuditRow } from '../row.ts';
import { type SiemEvent, severityOf, tellableDetails } from './siem-event.ts';

const VERSION = '1.5.0';
const SERVICE = { name: 'salus' } as const;
const OTHER = 99;

const SEVERITY_IDS = { informational: 1, low: 2, medium: 3, high: 4, critical: 5 } as const;

/** Activities of the classes that are about creating, reading, updating and deleting. */
const CRUD: Readonly<Record<string, number>> = {
  create: 1,
  read: 2,
  list: 2,
  search: 2,
  update: 3,
  delete: 4,
};

interface Classified {
  readonly class_uid: number;
  readonly activity_id: number;
  /** What the class asks for beside what all have. */
  readonly more: Readonly<Record<string, unknown>>;
}

export function ocsfEvent(event: SiemEvent): Readonly<Record<string, unknown>> {
  const { row } = event;
  const { class_uid, activity_id, more } = classOf(event);
  const isFinding = class_uid === 2004;
  const { reason } = tellableDetails(row);
  return {
    category_uid: Math.floor(class_uid / 1000),
    class_uid,
    activity_id,
    ...(activity_id === OTHER && { activity_name: verbOf(row.type) }),
    type_uid: class_uid * 100 + activity_id,
    time: Date.parse(row.recordedAt),
    severity_id: SEVERITY_IDS[severityOf(row)],
    // Of a finding it says how far its review is: new.
    status_id: isFinding || row.outcome === 'success' ? 1 : 2,
    ...(!isFinding && { status_code: row.outcome }),
    ...(reason !== undefined && { status_detail: reason }),
    message: `${row.type} ${row.outcome}`,
    metadata: metadataOf(event),
    ...more,
    unmapped: unmappedOf(row),
  };
}

function metadataOf({ row, year, index }: SiemEvent) {
  return {
    version: VERSION,
    uid: row.id,
    event_code: row.type,
    correlation_uid: row.requestId,
    log_name: `log/${row.organizationId}/${year}`,
    sequence: index,
    original_time: row.recordedAt,
    tenant_uid: row.organizationId,
    product: { name: 'Salus', vendor_name: 'Salus' },
  };
}

function unmappedOf(row: AuditRow) {
  return withoutNull({
    kind: row.kind,
    outcome: row.outcome,
    actor_role: row.actorRole,
    patient_uid: row.patientId,
    purpose_of_use: row.purpose,
    resource: row.resource,
    resource_uid: row.resourceId,
    fields: row.fields,
    details: tellableDetails(row),
  });
}

function classOf(event: SiemEvent): Classified {
  const { row } = event;
  const { userId } = tellableDetails(row);
  if (row.type === 'user.create') return accountChange(event);
  if (row.type === 'session.provisioned') return authentication(event, row.resourceId);
  if (row.type.startsWith('care_team.') && typeof userId === 'string') return userAccess(event, userId);
  switch (row.kind) {
    case 'authentication':
      return authentication(event, row.actorId);
    case 'security':
      return detectionFinding(event);
    case 'system_change':
      return entityManagement(event);
    default:
      return apiActivity(event);
  }
}

/** Account Change [3001] */
function accountChange(event: SiemEvent): Classified {
  const more = { user: userOf(event.row.resourceId), actor: actorOf(event.row) };
  return { class_uid: 3001, activity_id: 1, more };
}

/** Authentication [3002] */
function authentication(event: SiemEvent, subject: string | null): Classified {
  const { row } = event;
  const activity = row.type === 'sign_out' ? 2 : row.type === 'refresh' ? OTHER : 1;
  const more = {
    user: userOf(subject),
    service: SERVICE,
    is_remote: true,
    ...(row.type === 'sign_in.second_factor' && { is_mfa: true }),
    ...(row.sessionId !== null && { session: { uid: row.sessionId } }),
    ...(event.origin && { src_endpoint: { ip: event.origin.address } }),
  };
  return { class_uid: 3002, activity_id: activity, more };
}

/** Entity Management [3004] */
function entityManagement({ row }: SiemEvent): Classified {
  const entity = { type: row.resource ?? verbOf(row.type), uid: row.resourceId ?? row.organizationId };
  return { class_uid: 3004, activity_id: crudOf(row.type), more: { entity, actor: actorOf(row) } };
}

/** User Access Management [3005]: who takes part in a patient's care is who may see the record. */
function userAccess({ row }: SiemEvent, userId: string): Classified {
  const more = {
    user: { uid: userId },
    privileges: ['care_team'],
    actor: actorOf(row),
    ...resourcesOf(row),
  };
  return { class_uid: 3005, activity_id: row.type === 'care_team.delete' ? 2 : 1, more };
}

/** API Activity [6003] */
function apiActivity({ row, origin }: SiemEvent): Classified {
  const more = {
    actor: actorOf(row),
    api: { operation: row.type, service: SERVICE, request: { uid: row.requestId } },
    src_endpoint: origin ? { ip: origin.address } : { svc_name: SERVICE.name },
    ...(origin?.agent && { http_request: { user_agent: origin.agent } }),
    ...resourcesOf(row),
  };
  return { class_uid: 6003, activity_id: crudOf(row.type), more };
}

/** Detection Finding [2004] */
function detectionFinding({ row }: SiemEvent): Classified {
  const more = {
    finding_info: {
      uid: row.id,
      title: row.type,
      types: [row.type],
      created_time: Date.parse(row.recordedAt),
    },
    is_alert: true,
    ...(row.actorId !== null && { evidences: [{ actor: actorOf(row) }] }),
    ...resourcesOf(row),
  };
  return { class_uid: 2004, activity_id: 1, more };
}

function userOf(id: string | null) {
  return id === null ? { name: 'unknown' } : { uid: id };
}

/** A person, a job by its name, or nobody who was known. */
function actorOf({ actorId, actorRole, sessionId }: AuditRow) {
  if (actorId === null) return { app_name: actorRole ?? SERVICE.name };
  return {
    user: { uid: actorId, ...(actorRole !== null && { groups: [{ name: actorRole, type: 'role' }] }) },
    ...(sessionId !== null && { session: { uid: sessionId } }),
  };
}

function resourcesOf({ resource, resourceId, patientId }: AuditRow) {
  const resources = [
    ...(resource !== null && resourceId !== null ? [{ type: resource, uid: resourceId }] : []),
    ...(patientId !== null && patientId !== resourceId ? [{ type: 'patient', uid: patientId }] : []),
  ];
  return resources.length > 0 ? { resources } : {};
}

function verbOf(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

function crudOf(type: string): number {
  return CRUD[verbOf(type)] ?? OTHER;
}

function withoutNull(values: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
