import { describe, expect, it } from 'vitest';
import { isPatient, parseBundle } from './bundle.ts';
import { FhirError } from './error.ts';

const ann = { resourceType: 'Patient', id: 'ann', name: [{ family: 'Lee' }], birthDate: '1980-05-29' };
const bundleOf = (...resources: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: resources.map((resource) => ({ resource })),
});

describe('a bundle', () => {
  it('hands over its patients, and of other resources what and which they are', () => {
    const observation = { resourceType: 'Observation', id: 'o1', status: 'final', valueString: 'not kept' };
    expect(parseBundle(bundleOf(ann, observation, { resourceType: 'Claim' }))).toEqual({
      type: 'transaction',
      entries: [
        { location: 'Bundle.entry[0].resource', resource: ann },
        { location: 'Bundle.entry[1].resource', resource: { resourceType: 'Observation', id: 'o1' } },
        { location: 'Bundle.entry[2].resource', resource: { resourceType: 'Claim' } },
      ],
    });
  });

  it('tells a patient from another resource', () => {
    const { entries } = parseBundle(bundleOf(ann, { resourceType: 'Person' }));
    expect(entries.map(({ resource }) => isPatient(resource))).toStrictEqual([true, false]);
  });

  it.each(['transaction', 'batch', 'collection', 'searchset'])('may be a %s', (type) => {
    expect(parseBundle({ ...bundleOf(ann), type }).type).toBe(type);
  });

  it('may be empty, or have no entries at all', () => {
    expect(parseBundle(bundleOf()).entries).toStrictEqual([]);
    expect(parseBundle({ resourceType: 'Bundle', type: 'searchset', total: 0 }).entries).toStrictEqual([]);
  });

  it('may have entries that only ask for something; places are those of the source', () => {
    const request = { request: { method: 'DELETE', url: 'Patient/ann' } };
    const { entries } = parseBundle({
      ...bundleOf(),
      entry: [request, { fullUrl: 'urn:uuid:1', resource: ann }],
    });
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ location: 'Bundle.entry[1].resource', fullUrl: 'urn:uuid:1' });
  });

  it('may hold extensions and elements that are not read, whatever they are', () => {
    const extended = {
      ...ann,
      extension: [{ url: 'x', valueString: 'y' }],
      photo: 5,
      _birthDate: { id: 'a' },
    };
    expect(parseBundle({ ...bundleOf(extended), signature: { any: 1 } }).entries).toHaveLength(1);
  });
});

describe('what is not a bundle', () => {
  it.each([
    [null, 'Bundle'],
    [undefined, 'Bundle'],
    ['Bundle', 'Bundle'],
    [5, 'Bundle'],
    [[], 'Bundle'],
    [{}, 'Bundle.resourceType'],
    [ann, 'Bundle.resourceType'],
    [{ resourceType: 'bundle', type: 'transaction' }, 'Bundle.resourceType'],
  ])('%j is refused', (json, location) => {
    expect(failureOf(json)).toStrictEqual({ code: 'not_a_bundle', location });
  });

  it.each(['history', 'transaction-response', 'document', 'message', 'Transaction', '', undefined, 5])(
    'a bundle of type %j carries nothing to read',
    (type) => {
      expect(failureOf({ ...bundleOf(ann), type })).toStrictEqual({
        code: 'unsupported_bundle',
        location: 'Bundle.type',
      });
    },
  );

  it.each([
    [{ ...bundleOf(), entry: {} }, 'Bundle.entry'],
    [{ ...bundleOf(), entry: null }, 'Bundle.entry'],
    [{ ...bundleOf(), entry: [{}, null] }, 'Bundle.entry[1]'],
    [{ ...bundleOf(), entry: ['x'] }, 'Bundle.entry[0]'],
    [{ ...bundleOf(), entry: [{ fullUrl: 5 }] }, 'Bundle.entry[0].fullUrl'],
    [bundleOf(ann, null), 'Bundle.entry[1].resource'],
    [bundleOf(ann, {}), 'Bundle.entry[1].resource.resourceType'],
    [bundleOf(ann, { resourceType: '../Patient' }), 'Bundle.entry[1].resource.resourceType'],
    [bundleOf({ resourceType: 'Claim', id: 5 }), 'Bundle.entry[0].resource.id'],
  ])('%# an entry that is none is refused with its place', (json, location) => {
    expect(failureOf(json)).toStrictEqual({ code: 'malformed_entry', location });
  });
});

describe('a malformed patient', () => {
  it.each([
    [{ birthDate: '1980-02-30' }, 'birthDate'],
    [{ birthDate: '29.05.1980' }, 'birthDate'],
    [{ birthDate: '1980-05-29T00:00:00Z' }, 'birthDate'],
    [{ birthDate: 19800529 }, 'birthDate'],
    [{ birthDate: null }, 'birthDate'],
    [{ gender: 'M' }, 'gender'],
    [{ id: 'a b' }, 'id'],
    [{ name: { family: 'Lee' } }, 'name'],
    [{ name: ['Lee'] }, 'name[0]'],
    [{ name: [{ family: ['Lee'] }] }, 'name[0].family'],
    [{ name: [{ given: 'Ann' }] }, 'name[0].given'],
    [{ name: [{ given: ['Ann', 5] }] }, 'name[0].given[1]'],
    [{ name: [{ use: 'Official' }] }, 'name[0].use'],
    [{ name: [{ period: { end: 'yesterday' } }] }, 'name[0].period.end'],
    [{ name: [{ period: { end: '2020-01-01T10:00:00' } }] }, 'name[0].period.end'],
    [{ name: [{ period: { end: '2020-02-30T10:00:00Z' } }] }, 'name[0].period.end'],
    [{ identifier: [{ type: { coding: [{ code: 5 }] } }] }, 'identifier[0].type.coding[0].code'],
    [{ identifier: [{}, { value: 123 }] }, 'identifier[1].value'],
    [{ telecom: [{ system: 'telegram' }] }, 'telecom[0].system'],
    [{ telecom: [{ rank: 0 }] }, 'telecom[0].rank'],
    [{ telecom: [{ rank: Number.POSITIVE_INFINITY }] }, 'telecom[0].rank'],
    [{ address: [{ line: '1 Main St' }] }, 'address[0].line'],
    [{ address: [{ postalCode: 2101 }] }, 'address[0].postalCode'],
    [{ link: [{ other: {} }] }, 'link[0].type'],
    [{ modifierExtension: {} }, 'modifierExtension'],
  ])('%# is refused with its place', (elements, place) => {
    expect(failureOf(bundleOf({ resourceType: 'Claim' }, { ...ann, ...elements }))).toStrictEqual({
      code: 'malformed_patient',
      location: `Bundle.entry[1].resource.${place}`,
    });
  });

  it('refuses the whole bundle, however good its other patients are', () => {
    expect(failureOf(bundleOf(ann, ann, { ...ann, birthDate: 'secret-value' }, ann)).location).toBe(
      'Bundle.entry[2].resource.birthDate',
    );
  });

  it('never stands in the error', () => {
    try {
      parseBundle(bundleOf({ ...ann, birthDate: 'secret-value', gender: 'secret-value' }));
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      expect(error.message).toBe('malformed_patient at Bundle.entry[0].resource.gender');
      expect(error.cause).toBeUndefined();
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret-value');
    }
  });

  it('VAL-03: is not completed by a prototype that came with the file', () => {
    const json = JSON.parse('{"resourceType":"Patient","__proto__":{"birthDate":5}}');
    const { entries } = parseBundle(bundleOf(json));
    expect(entries[0]?.resource).not.toHaveProperty('birthDate');
  });
});

it('VAL-07: a bundle of 100 000 entries, or 100 000 levels deep where nothing is read, is no trouble', () => {
  const many = bundleOf(...Array.from({ length: 100_000 }, () => ({ resourceType: 'Claim' })));
  expect(parseBundle(many).entries).toHaveLength(100_000);
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  expect(parseBundle(bundleOf({ ...ann, extension: deep })).entries).toHaveLength(1);
});

function failureOf(json: unknown): Pick<FhirError, 'code' | 'location'> {
  try {
    parseBundle(json);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return { code: error.code, location: error.location };
  }
  throw new Error('it was accepted');
}
