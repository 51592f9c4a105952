// A patient as it stands on the wire and, field by field, what each part of it is.
import * as z from 'zod';
import { address } from './datatypes/address.ts';
import { birthDate } from './datatypes/birth-date.ts';
import { emailAddress } from './datatypes/email-address.ts';
import { humanName } from './datatypes/human-name.ts';
import { patientId } from './datatypes/id.ts';
import { socialSecurityNumber } from './datatypes/social-security-number.ts';
import { telephoneNumber } from './datatypes/telephone-number.ts';
import { text } from './datatypes/text.ts';
import { clinical, identifier, operational } from './field.ts';
import { pageRequest } from './page.ts';
import { defineResource } from './resource.ts';

export const patient = defineResource({
  name: 'patient',
  table: 'patients',
  sealedUnder: 'patient_key',
  fields: {
    id: operational('uuid', patientId),
    mrn: identifier('medical_record_number', text({ max: 64 }), {
      index: { normalise: 'recordNumber', unique: true },
    }),
    name: identifier('name', humanName),
    birthDate: identifier('date', birthDate),
    /** HL7 FHIR AdministrativeGender. */
    sex: clinical(z.enum(['male', 'female', 'other', 'unknown'])),
    ssn: identifier('social_security_number', socialSecurityNumber.optional(), {
      index: { normalise: 'digits' },
    }),
    email: identifier('email_address', emailAddress.optional(), { index: { normalise: 'email' } }),
    phone: identifier('telephone_number', telephoneNumber.optional(), { index: { normalise: 'digits' } }),
    address: identifier('geographic_subdivision', address.optional()),
    /** Grows by one with each change; a change names the version it was made from. */
    version: operational('integer', z.int32().positive()),
  },
  compoundIndexes: {
    familyBirthDate: {
      fields: ['name', 'birthDate'],
      terms: ({ name, birthDate }) => [
        ['name', name.family],
        ['exact', birthDate],
      ],
    },
    fullNameBirthDate: {
      fields: ['name', 'birthDate'],
      terms: ({ name, birthDate }) =>
        name.given[0] === undefined
          ? null
          : [
              ['name', name.family],
              ['name', name.given[0]],
              ['exact', birthDate],
            ],
    },
  },
});

export type Patient = z.output<typeof patient.schema>;
export type PatientField = keyof Patient;

/** A new patient: everything but what the system assigns. */
export const newPatient = patient.schema.omit({ id: true, version: true });

const recorded = newPatient.shape;

/** A change: the fields to replace, and `null` to remove an optional one. `version` is the one the change was made from. */
export const patientChange = z
  .strictObject({
    id: patient.schema.shape.id,
    version: patient.schema.shape.version,
    mrn: recorded.mrn.optional(),
    name: recorded.name.optional(),
    birthDate: recorded.birthDate.optional(),
    sex: recorded.sex.optional(),
    ssn: recorded.ssn.nullable(),
    email: recorded.email.nullable(),
    phone: recorded.phone.nullable(),
    address: recorded.address.nullable(),
  })
  .refine(
    ({ id, version, ...changed }) => Object.values(changed).some((value) => value !== undefined),
    'nothing to change',
  );

/** The name of a field, for callers that want only some. */
export const patientField = patient.schema.keyof();

const searches = [
  z.strictObject({ mrn: recorded.mrn }),
  z.strictObject({ ssn: recorded.ssn.unwrap() }),
  z.strictObject({ email: recorded.email.unwrap() }),
  z.strictObject({ phone: recorded.phone.unwrap() }),
  /** Of several given names the first is looked for; without one, the family name and the date are enough. */
  z.strictObject({ name: humanName.partial({ given: true }), birthDate }),
] as const;

/** What to look for. Each form is answered through one blind index, by equality. */
export const patientQuery = z.union(searches);

/** A query, and which page of its answer. */
export const patientSearch = z.union([
  searches[0].extend(pageRequest.shape),
  searches[1].extend(pageRequest.shape),
  searches[2].extend(pageRequest.shape),
  searches[3].extend(pageRequest.shape),
  searches[4].extend(pageRequest.shape),
]);

/** What was granted of a patient: `id` and `version` always, the rest as the policy and the caller's `fields` allow. */
export const disclosedPatient = patient.schema.partial().required({ id: true, version: true });

export type NewPatient = z.output<typeof newPatient>;
export type PatientChange = z.output<typeof patientChange>;
export type PatientQuery = z.output<typeof patientQuery>;
export type PatientSearch = z.output<typeof patientSearch>;
export type DisclosedPatient = z.output<typeof disclosedPatient>;
