import { AUDIT_OUTCOMES, PURPOSES_OF_USE, ROLES } from '@salus/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditEventToFhir, type EventCoding, fhirAuditEvent, type RecordedEvent } from './audit-event.ts';

const EVENT: RecordedEvent = {
  id: '019abc00-0000-7000-8000-000000000001',
  organizationId: '019abc00-0000-7000-8000-0000000000aa',
  recordedAt: '2026-11-24T10:11:12.345678Z',
  outcome: 'success',
  actorId: '019abc00-0000-7000-8000-0000000000bb',
  actorRole: 'provider',
  patientId: '019abc00-0000-7000-8000-0000000000dd',
  resource: 'patient',
  resourceId: '019abc00-0000-7000-8000-0000000000dd',
  purpose: 'TREAT',
  fields: ['name', 'birthDate'],
  requestId: '019abc00-0000-4000-8000-0000000000ee',
  details: null,
};

const DICOM = 'http://dicom.nema.org/resources/ontology/DCM';
const CODING: EventCoding = {
  type: { system: DICOM, code: '110110', display: 'Patient Record' },
  subtype: [
    {
      system: 'urn:uuid:6d2a4c0e-5f0b-4f39-9a4e-0c8a2f7d1b53',
      code: 'patient.read',
      display: 'patient read',
    },
  ],
  action: 'R',
};

const urn = (id: string | null) => ({ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` });

describe('an event as a FHIR R4 AuditEvent', () => {
  it('says who did what to whose record, when, why and how it ended', () => {
    expect(auditEventToFhir(EVENT, CODING, '203.0.113.7')).toEqual({
      resourceType: 'AuditEvent',
      id: EVENT.id,
      ...CODING,
      recorded: '2026-11-24T10:11:12.345678Z',
      outcome: '0',
      purposeOfEvent: [
        {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
              code: 'TREAT',
              display: 'treatment',
            },
          ],
        },
      ],
      agent: [
        {
          role: [{ text: 'provider' }],
          who: { type: 'Practitioner', identifier: urn(EVENT.actorId) },
          requestor: true,
          network: { address: '203.0.113.7', type: '2' },
        },
      ],
      source: {
        observer: { type: 'Organization', identifier: urn(EVENT.organizationId) },
        type: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/security-source-type',
            code: '4',
            display: 'Application Server',
          },
        ],
      },
      entity: [
        {
          what: { type: 'Patient', identifier: urn(EVENT.patientId) },
          type: {
            system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type',
            code: '1',
            display: 'Person',
          },
          role: {
            system: 'http://terminology.hl7.org/CodeSystem/object-role',
            code: '1',
            display: 'Patient',
          },
        },
        {
          what: { identifier: urn(EVENT.resourceId) },
          type: {
            system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type',
            code: '2',
            display: 'System Object',
          },
          role: {
            system: 'http://terminology.hl7.org/CodeSystem/object-role',
            code: '4',
            display: 'Domain Resource',
          },
          name: 'patient',
          detail: [
            { type: 'requestId', valueString: EVENT.requestId },
            { type: 'fields', valueString: 'name birthDate' },
          ],
        },
      ],
    });
  });

  it.each([
    ['success', '0'],
    ['denied', '4'],
    ['failed', '8'],
  ] as const)('that ended in %s has the outcome %s', (outcome, code) => {
    expect(auditEventToFhir({ ...EVENT, outcome }, CODING).outcome).toBe(code);
  });

  it('has the reason of a refusal, which is a code', () => {
    const refused = { ...EVENT, outcome: 'denied', details: { reason: 'not_found' } } as const;
    expect(auditEventToFhir(refused, CODING).outcomeDesc).toBe('not_found');
  });

  it('of a job was asked for by nobody', () => {
    const [agent] = auditEventToFhir({ ...EVENT, actorId: null, actorRole: 'job.report' }, CODING).agent;
    expect(agent).toEqual({ role: [{ text: 'job.report' }], requestor: false });
  });

  it('is valid whatever a row has and has not', () => {
    const uuid = fc.uuid();
    const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
    const row: fc.Arbitrary<RecordedEvent> = fc.record({
      id: uuid,
      organizationId: uuid,
      recordedAt: fc
        .date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString().replace('Z', '123Z')),
      outcome: fc.constantFrom(...AUDIT_OUTCOMES),
      actorId: maybe(uuid),
      actorRole: maybe(fc.constantFrom(...ROLES, 'job.report')),
      patientId: maybe(uuid),
      resource: maybe(fc.constantFrom('patient', 'care_team')),
      resourceId: maybe(uuid),
      purpose: maybe(fc.constantFrom(...Object.keys(PURPOSES_OF_USE), 'NOTONE')),
      fields: maybe(fc.array(fc.constantFrom('name', 'ssn'))),
      requestId: uuid,
      details: fc.oneof(fc.constant(null), fc.jsonValue()),
    });
    fc.assert(
      fc.property(row, maybe(fc.constantFrom('203.0.113.7', '2001:db8::1')), (event, address) => {
        expect(fhirAuditEvent.safeParse(auditEventToFhir(event, CODING, address)).error).toBeUndefined();
      }),
    );
  });

  it('carries no value of a field, and nothing of its details but the reason', () => {
    const text = JSON.stringify(
      auditEventToFhir({ ...EVENT, details: { reason: 'not_found', note: 'Ada Lovelace' } }, CODING),
    );
    expect(text).not.toContain('Lovelace');
  });
});
