// Every resource that the package exports, field by field. A new resource is tested by being exported.
import { describe, expect, it } from 'vitest';
import { SAFE_HARBOR_KINDS } from './field-class.ts';
import * as exported from './index.ts';
import { plainFields, type Resource, sealedFields } from './resource.ts';
import { RESOURCES } from './resources.ts';

const CLASSES = ['identifier', 'clinical', 'financial', 'restricted', 'credential', 'operational'];

const everything: unknown[] = Object.values(exported);
const resources = everything.filter(isResource);

const fields = resources.flatMap((resource) =>
  Object.entries(resource.fields).map(([name, field]) => [`${resource.name}.${name}`, field] as const),
);

describe('every resource', () => {
  it('is looked at', () => {
    const names = resources.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['audit_event', 'care_team', 'organization', 'patient', 'session', 'user']),
    );
  });

  it('is in the list of all', () => {
    expect(RESOURCES).toEqual(expect.arrayContaining(resources));
    expect(RESOURCES).toHaveLength(resources.length);
  });

  it('has a name and a table of its own', () => {
    expect(new Set(resources.map(({ name }) => name)).size).toBe(resources.length);
    expect(new Set(resources.map(({ table }) => table)).size).toBe(resources.length);
  });

  it.each(resources.map((resource) => [resource.name, resource] as const))(
    '%s: each field is sealed or plain',
    (_, resource) => {
      const names = [...sealedFields(resource), ...plainFields(resource)];
      expect(names.toSorted()).toStrictEqual(Object.keys(resource.fields).toSorted());
    },
  );

  it('indexes together only sealed fields that it has', () => {
    for (const resource of resources) {
      for (const index of Object.values(resource.compoundIndexes)) {
        expect(sealedFields(resource)).toEqual(expect.arrayContaining([...index.fields]));
      }
    }
  });

  it('that has PHI of a patient seals it under the key that goes with the patient', () => {
    const withPhi = resources.filter((resource) =>
      Object.values(resource.fields).some(
        ({ class: { kind } }) => kind === 'clinical' || kind === 'financial',
      ),
    );
    // An account of disclosures must outlive the record (docs/decisions/0006-accounts-outlive-records.md).
    const others = withPhi.filter(({ sealedUnder }) => sealedUnder !== 'patient_key');
    expect(others.map(({ name }) => name)).toStrictEqual(['disclosure']);
    expect(withPhi.length).toBeGreaterThan(others.length);
  });
});

describe('every field', () => {
  it.each(fields)('%s has a class of the vocabulary', (_, field) => {
    expect(CLASSES).toContain(field.class.kind);
    if (field.class.kind === 'identifier') expect(SAFE_HARBOR_KINDS).toContain(field.class.safeHarbor);
  });

  it.each(fields)('%s is sealed, unless it is operational or the hash of a credential', (name, field) => {
    const isHash = field.class.kind === 'credential' && name.endsWith('Hash');
    expect(field.storage.sealed).toBe(field.class.kind !== 'operational' && !isHash);
  });

  it('that is restricted or a secret is not searchable', () => {
    const guarded = fields.filter(([, field]) => ['restricted', 'credential'].includes(field.class.kind));
    expect(guarded.map(([name]) => name)).toStrictEqual([
      'destination.target',
      'destination.secret',
      'destination.previousSecret',
      'user.passwordHash',
      'user.totpSecret',
    ]);
    for (const [, field] of guarded) expect(field.storage).not.toHaveProperty('index');
  });
});

it('Safe Harbor has eighteen kinds of identifier, each once', () => {
  expect(new Set(SAFE_HARBOR_KINDS).size).toBe(18);
});

it('the fields that name a person are the ones that are known', () => {
  const named = fields.flatMap(([name, field]) =>
    field.class.kind === 'identifier' ? [[name, field.class.safeHarbor]] : [],
  );
  expect(Object.fromEntries(named)).toStrictEqual({
    'audit_event.origin': 'ip_address',
    'disclosure.recipient': 'name',
    'disclosure.recipientAddress': 'geographic_subdivision',
    'legal_hold.matter': 'other_unique_identifier',
    'patient.mrn': 'medical_record_number',
    'patient.name': 'name',
    'patient.birthDate': 'date',
    'patient.ssn': 'social_security_number',
    'patient.email': 'email_address',
    'patient.phone': 'telephone_number',
    'patient.address': 'geographic_subdivision',
    'user.email': 'email_address',
    'user.displayName': 'name',
  });
});

function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && 'sealedUnder' in value;
}
