// A patient of Salus, given out as FHIR and read again, is the same patient.
import { disclosedPatient, type NewPatient, newPatient } from '@salus/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePatient, patientFromFhir, patientToFhir } from './patient.ts';

const ID = '0190a6d2-3b1c-7e4f-8a5b-6c7d8e9f0a1b';
const OPTIONS = { mrnSystem: 'https://clinic.example/mrn' };
const DAY_MS = 24 * 60 * 60 * 1000;

/** Text of any script, as the schema takes it. */
const text = (max: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: Math.min(max, 24) })
    .filter(
      (value) => newPatient.shape.name.shape.family.safeParse(value).success && [...value].length <= max,
    );
const digits = (length: number) =>
  fc.integer({ min: 0, max: 10 ** length - 1 }).map((value) => String(value).padStart(length, '0'));
const day = fc
  .integer({ min: Date.UTC(1850, 0, 1) / DAY_MS, max: Date.UTC(2020, 0, 1) / DAY_MS })
  .map((days) => new Date(days * DAY_MS).toISOString().slice(0, 10));

const patient: fc.Arbitrary<NewPatient> = fc.record(
  {
    mrn: text(64),
    name: fc.record(
      { family: text(200), given: fc.array(text(200), { maxLength: 10 }) },
      { noNullPrototype: true },
    ),
    birthDate: fc.tuple(day, fc.constantFrom(4, 7, 10)).map(([value, length]) => value.slice(0, length)),
    sex: fc.constantFrom('male', 'female', 'other', 'unknown'),
    ssn: fc
      .tuple(digits(3), digits(2), digits(4))
      .map((parts) => parts.join('-'))
      .filter((value) => newPatient.shape.ssn.safeParse(value).success),
    email: fc
      .tuple(text(30), fc.domain())
      .map((parts) => parts.join('@'))
      .filter((value) => newPatient.shape.email.safeParse(value).success),
    phone: fc
      .tuple(fc.constantFrom('', '+1 ', '(555) '), digits(7), fc.constantFrom('', ' x12'))
      .map((parts) => parts.join('')),
    address: fc
      .record(
        {
          line: fc.array(text(200), { maxLength: 5 }),
          city: text(100),
          state: text(100),
          postalCode: text(20),
          country: text(100),
        },
        { requiredKeys: ['line'], noNullPrototype: true },
      )
      .filter((value) => newPatient.shape.address.safeParse(value).success),
  },
  { requiredKeys: ['mrn', 'name', 'birthDate', 'sex'], noNullPrototype: true },
);

describe('a patient given out as FHIR', () => {
  it('and read again is the same, with nothing to note', () => {
    fc.assert(
      fc.property(patient, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (stored, version) => {
        expect(newPatient.parse(stored)).toStrictEqual(stored);
        const fhir = patientToFhir(disclosedPatient.parse({ ...stored, id: ID, version }), OPTIONS);
        const received = parsePatient(JSON.parse(JSON.stringify(fhir)));
        expect(patientFromFhir(received)).toStrictEqual({ patient: stored, notes: [] });
      }),
      { numRuns: 300 },
    );
  });

  it('has no empty element, which FHIR forbids, whichever fields were disclosed', () => {
    fc.assert(
      fc.property(patient, fc.subarray(Object.keys(newPatient.shape)), (stored, granted) => {
        const disclosed = Object.fromEntries(
          Object.entries(stored).filter(([field]) => granted.includes(field)),
        );
        const fhir = patientToFhir(disclosedPatient.parse({ ...disclosed, id: ID, version: 1 }), OPTIONS);
        expect(emptyElements(fhir)).toStrictEqual([]);
        expect(parsePatient(fhir)).toStrictEqual(fhir);
      }),
    );
  });
});

it('the FHIR of a patient is as R4 has it', () => {
  const stored = {
    id: ID,
    version: 7,
    mrn: 'A-1',
    name: { family: 'Ordóñez', given: ['Bernardo'] },
    birthDate: '1957-06',
    sex: 'male',
    ssn: '123-45-6789',
    email: 'b@example.org',
    phone: '555-302-5763',
    address: { line: ['1045 Prosacco Landing'], city: 'Southborough' },
  };
  const type = (code: string) => ({
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }],
  });
  expect(patientToFhir(disclosedPatient.parse(stored), OPTIONS)).toStrictEqual({
    resourceType: 'Patient',
    id: ID,
    meta: { versionId: '7' },
    identifier: [
      { use: 'usual', type: type('MR'), system: 'https://clinic.example/mrn', value: 'A-1' },
      { use: 'official', type: type('SS'), system: 'http://hl7.org/fhir/sid/us-ssn', value: '123456789' },
    ],
    name: [{ use: 'official', family: 'Ordóñez', given: ['Bernardo'] }],
    telecom: [
      { system: 'phone', value: '555-302-5763' },
      { system: 'email', value: 'b@example.org' },
    ],
    gender: 'male',
    birthDate: '1957-06',
    address: [{ line: ['1045 Prosacco Landing'], city: 'Southborough' }],
  });
});

it('what was not disclosed is not there', () => {
  expect(patientToFhir(disclosedPatient.parse({ id: ID, version: 1 }), OPTIONS)).toStrictEqual({
    resourceType: 'Patient',
    id: ID,
    meta: { versionId: '1' },
  });
});

function emptyElements(value: unknown, path = ''): string[] {
  if (value === '' || value === null || value === undefined) return [path];
  if (typeof value !== 'object') return [];
  const parts = Object.entries(value);
  return parts.length === 0 ? [path] : parts.flatMap(([key, part]) => emptyElements(part, `${path}.${key}`));
}
