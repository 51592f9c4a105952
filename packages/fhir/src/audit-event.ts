// An event of the trail as a FHIR R4 AuditEvent (hl7.org/fhir/R4/auditevent.html). Its codes come from the table in
// @salus/audit, which is read there and handed in here; who, what and when are the stored row's own.
import { type AuditOutcome, PURPOSES_OF_USE, type PurposeOfUse, ROLES } from '@salus/schema';
import * as z from 'zod';

const uri = z.string().regex(/^\S+$/);
const coding = z.strictObject({
  system: uri,
  code: z.string().regex(/^\S+( \S+)*$/),
  display: z.string().min(1),
});
const reference = z.strictObject({
  type: z.string().optional(),
  identifier: z.strictObject({ system: uri, value: z.string().min(1) }),
});
const concept = z.strictObject({
  coding: z.array(coding).min(1).optional(),
  text: z.string().min(1).optional(),
});

/** The part of R4 AuditEvent that Salus writes. */
export const fhirAuditEvent = z.strictObject({
  resourceType: z.literal('AuditEvent'),
  id: z.string().regex(/^[A-Za-z0-9.-]{1,64}$/),
  type: coding,
  subtype: z.array(coding).min(1),
  action: z.enum(['C', 'R', 'U', 'D', 'E']),
  recorded: z.iso.datetime({ offset: true }),
  outcome: z.enum(['0', '4', '8', '12']),
  outcomeDesc: z.string().min(1).optional(),
  purposeOfEvent: z.array(concept).min(1).optional(),
  agent: z
    .array(
      z.strictObject({
        role: z.array(concept).min(1).optional(),
        who: reference.optional(),
        requestor: z.boolean(),
        network: z
          .strictObject({ address: z.string().min(1), type: z.enum(['1', '2', '3', '4', '5']) })
          .optional(),
      }),
    )
    .min(1),
  source: z.strictObject({ observer: reference, type: z.array(coding).min(1) }),
  entity: z
    .array(
      z.strictObject({
        what: reference.optional(),
        type: coding,
        role: coding.optional(),
        name: z.string().min(1).optional(),
        detail: z
          .array(z.strictObject({ type: z.string().min(1), valueString: z.string().min(1) }))
          .min(1)
          .optional(),
      }),
    )
    .min(1)
    .optional(),
});

export type FhirAuditEvent = z.output<typeof fhirAuditEvent>;
type Coding = z.output<typeof coding>;

/** An event as the trail keeps it. What a row does not have is null. */
export interface RecordedEvent {
  readonly id: string;
  readonly organizationId: string;
  /** UTC */
  readonly recordedAt: string;
  readonly outcome: AuditOutcome;
  readonly actorId: string | null;
  readonly actorRole: string | null;
  readonly patientId: string | null;
  readonly resource: string | null;
  readonly resourceId: string | null;
  readonly purpose: string | null;
  readonly fields: readonly string[] | null;
  readonly requestId: string;
  readonly details: unknown;
}

/** From `codingOf` of `@salus/audit`. */
export interface EventCoding {
  readonly type: Coding;
  readonly subtype: readonly Coding[];
  readonly action: FhirAuditEvent['action'];
}

const terminology = (system: string, code: string, display: string): Coding => ({
  system: `http://terminology.hl7.org/CodeSystem/${system}`,
  code,
  display,
});
const PERSON = terminology('audit-entity-type', '1', 'Person');
const SYSTEM_OBJECT = terminology('audit-entity-type', '2', 'System Object');
const PATIENT = terminology('object-role', '1', 'Patient');
const DOMAIN_RESOURCE = terminology('object-role', '4', 'Domain Resource');
const APPLICATION_SERVER = terminology('security-source-type', '4', 'Application Server');

/** A refusal is the caller's fault (4), a failure ours (8), as the code system compares them with HTTP 400 and 500. */
const OUTCOMES = { success: '0', denied: '4', failed: '8' } as const;

/** @param address network address of the caller, when the reader may see it */
export function auditEventToFhir(
  event: RecordedEvent,
  { type, subtype, action }: EventCoding,
  address: string | null = null,
): FhirAuditEvent {
  const purpose = purposeOf(event.purpose);
  const reason = reasonIn(event.details);
  return {
    resourceType: 'AuditEvent',
    id: event.id,
    type,
    subtype: [...subtype],
    action,
    recorded: event.recordedAt,
    outcome: OUTCOMES[event.outcome],
    ...(reason !== null && { outcomeDesc: reason }),
    ...(purpose && { purposeOfEvent: [{ coding: [purpose] }] }),
    agent: [
      {
        ...(event.actorRole !== null && { role: [{ text: event.actorRole }] }),
        ...(event.actorId !== null && { who: named(event.actorId, agentType(event.actorRole)) }),
        // A job acts for nobody who asked.
        requestor: !event.actorRole?.startsWith('job.'),
        ...(address !== null && { network: { address, type: '2' as const } }),
      },
    ],
    source: { observer: named(event.organizationId, 'Organization'), type: [APPLICATION_SERVER] },
    entity: entitiesOf(event),
  };
}

function entitiesOf({ patientId, resource, resourceId, fields, requestId }: RecordedEvent) {
  const detail = [
    { type: 'requestId', valueString: requestId },
    ...(fields && fields.length > 0 ? [{ type: 'fields', valueString: fields.join(' ') }] : []),
  ];
  return [
    ...(patientId === null ? [] : [{ what: named(patientId, 'Patient'), type: PERSON, role: PATIENT }]),
    {
      ...(resourceId !== null && { what: named(resourceId) }),
      type: SYSTEM_OBJECT,
      role: DOMAIN_RESOURCE,
      ...(resource !== null && { name: resource }),
      detail,
    },
  ];
}

function named(id: string, type?: string) {
  return {
    ...(type !== undefined && { type }),
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
  };
}

function agentType(role: string | null): string | undefined {
  if (role === 'patient') return 'Patient';
  return ROLES.some((known) => known === role) ? 'Practitioner' : undefined;
}

function purposeOf(purpose: string | null): Coding | null {
  if (purpose === null || !Object.hasOwn(PURPOSES_OF_USE, purpose)) return null;
  return terminology('v3-ActReason', purpose, PURPOSES_OF_USE[purpose as PurposeOfUse]); // a key, as just checked
}

function reasonIn(details: unknown): string | null {
  const { data } = z.looseObject({ reason: z.string().min(1) }).safeParse(details);
  return data?.reason ?? null;
}
