// FHIR R4 Patient to and from a patient of Salus. What Salus cannot keep is noted, and a patient who cannot be kept at
// all is skipped with the reason: nothing is dropped in silence, and nothing is made up.
import {
  type Address,
  birthDate,
  type DisclosedPatient,
  type HumanName,
  type NewPatient,
} from '@salus/schema';
import * as z from 'zod';
import { type Choice, type ConversionNote, choose, type Located, located, unreadParts } from './choice.ts';
import { address, addressParts, addressToFhir, postalAddress } from './datatypes/address.ts';
import {
  type ContactPoint,
  contactPoint,
  email,
  kindOfContactPoint,
  phone,
} from './datatypes/contact-point.ts';
import { humanName, name, nameParts, nameToFhir } from './datatypes/human-name.ts';
import {
  identifier,
  kindOfIdentifier,
  medicalRecordNumber,
  medicalRecordNumberToFhir,
  socialSecurityNumber,
  socialSecurityNumberToFhir,
} from './datatypes/identifier.ts';
import { date } from './datatypes/period.ts';
import { FhirError, locationOf } from './error.ts';

const ID = /^[A-Za-z0-9.-]{1,64}$/;

const patient = z.looseObject({
  resourceType: z.literal('Patient'),
  id: z.string().regex(ID).optional(),
  meta: z.looseObject({ versionId: z.string().regex(ID).optional() }).optional(),
  implicitRules: z.string().optional(),
  modifierExtension: z.array(z.looseObject({ url: z.string() })).optional(),
  active: z.boolean().optional(),
  identifier: z.array(identifier).optional(),
  name: z.array(humanName).optional(),
  telecom: z.array(contactPoint).optional(),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
  birthDate: date.optional(),
  address: z.array(address).optional(),
  link: z.array(z.looseObject({ type: z.enum(['replaced-by', 'replaces', 'refer', 'seealso']) })).optional(),
});

export type FhirPatient = z.output<typeof patient>;

export type SkipReason =
  /** The source says it may not be read without understanding a rule or an extension that Salus does not know. */
  | 'unknown_modifier'
  /** The source says that another record must be used instead. */
  | 'replaced'
  /** No identifier of type MR that is in use. The resource's id does not stand in for one. */
  | 'no_mrn'
  | 'unusable_mrn'
  | 'no_name'
  | 'unusable_name'
  | 'no_birth_date'
  | 'unusable_birth_date';

/** `notes` say what of the source was not kept. */
export type PatientConversion =
  | { readonly patient: NewPatient; readonly notes: readonly ConversionNote[] }
  | { readonly skipped: SkipReason; readonly notes: readonly ConversionNote[] };

/** Elements of a Patient that are read, or that describe the resource and not the person. */
const READ = [
  ...['resourceType', 'id', 'meta', 'text', 'language'],
  ...['identifier', 'name', 'telecom', 'gender', 'birthDate', 'address'],
];

/** Reads parsed JSON as a Patient, or throws a FhirError (`malformed_patient`) with a place under `location`. */
export function parsePatient(json: unknown, location = 'Patient'): FhirPatient {
  const parsed = patient.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new FhirError('malformed_patient', locationOf(location, parsed.error.issues[0]?.path ?? []));
}

/**
 * What Salus keeps of a Patient. `now` (milliseconds since the epoch) tells what is over from what is current. A patient
 * without a gender is of unknown sex.
 */
export function patientFromFhir(resource: FhirPatient, now: number = Date.now()): PatientConversion {
  const identifiers = Map.groupBy(located(resource.identifier, 'Patient.identifier'), ({ element }) =>
    kindOfIdentifier(element),
  );
  const telecom = Map.groupBy(located(resource.telecom, 'Patient.telecom'), ({ element }) =>
    kindOfContactPoint(element),
  );
  const choices = {
    mrn: choose(identifiers.get('mrn'), medicalRecordNumber, now),
    ssn: choose(identifiers.get('ssn'), socialSecurityNumber, now),
    name: choose(located(resource.name, 'Patient.name'), name, now),
    phone: choose(telecom.get('phone'), phone, now),
    email: choose(telecom.get('email'), email, now),
    address: choose(located(resource.address, 'Patient.address'), postalAddress, now),
  };
  const notes = [
    ...unreadParts({ element: resource, location: 'Patient' }, READ),
    ...noField(identifiers.get(undefined)),
    ...noField(telecom.get(undefined)),
    ...Object.values(choices).flatMap((choice) => choice.notes),
    ...(choices.name.chosen ? unreadParts(choices.name.chosen, nameParts) : []),
    ...(choices.address.chosen ? unreadParts(choices.address.chosen, addressParts) : []),
  ];
  const kept = assemble(resource, choices);
  return typeof kept === 'string' ? { skipped: kept, notes } : { patient: kept, notes };
}

/** A patient as FHIR. `mrnSystem` is the URI of whoever assigns the medical record numbers. What was not disclosed is absent. */
export function patientToFhir(patient: DisclosedPatient, { mrnSystem }: { mrnSystem: string }): FhirPatient {
  const { mrn, ssn, name, phone, email, sex, birthDate, address } = patient;
  const identifier = [
    ...(mrn === undefined ? [] : [medicalRecordNumberToFhir(mrn, mrnSystem)]),
    ...(ssn === undefined ? [] : [socialSecurityNumberToFhir(ssn)]),
  ];
  const telecom: ContactPoint[] = [
    ...(phone === undefined ? [] : [{ system: 'phone' as const, value: phone }]),
    ...(email === undefined ? [] : [{ system: 'email' as const, value: email }]),
  ];
  return {
    resourceType: 'Patient',
    id: patient.id,
    meta: { versionId: String(patient.version) },
    ...(identifier.length > 0 && { identifier }),
    ...(name && { name: [nameToFhir(name)] }),
    ...(telecom.length > 0 && { telecom }),
    ...(sex && { gender: sex }),
    ...(birthDate !== undefined && { birthDate }),
    ...(address && { address: [addressToFhir(address)] }),
  };
}

interface Choices {
  readonly mrn: Choice<unknown, string>;
  readonly ssn: Choice<unknown, string>;
  readonly name: Choice<unknown, HumanName>;
  readonly phone: Choice<unknown, string>;
  readonly email: Choice<unknown, string>;
  readonly address: Choice<unknown, Address>;
}

function assemble(resource: FhirPatient, choices: Choices): NewPatient | SkipReason {
  const { mrn, name, ssn, phone, email, address } = choices;
  if (resource.implicitRules !== undefined || resource.modifierExtension) return 'unknown_modifier';
  if (resource.link?.some(({ type }) => type === 'replaced-by')) return 'replaced';
  if (!mrn.chosen) return isUnusable(mrn) ? 'unusable_mrn' : 'no_mrn';
  if (!name.chosen) return isUnusable(name) ? 'unusable_name' : 'no_name';
  if (resource.birthDate === undefined) return 'no_birth_date';
  const born = birthDate.safeParse(resource.birthDate);
  if (!born.success) return 'unusable_birth_date';
  return {
    mrn: mrn.chosen.value,
    name: name.chosen.value,
    birthDate: born.data,
    sex: resource.gender ?? 'unknown',
    ...(ssn.chosen && { ssn: ssn.chosen.value }),
    ...(email.chosen && { email: email.chosen.value }),
    ...(phone.chosen && { phone: phone.chosen.value }),
    ...(address.chosen && { address: address.chosen.value }),
  };
}

function isUnusable({ notes }: Choice<unknown, unknown>): boolean {
  return notes.some(({ code }) => code === 'not_valid');
}

function noField(unread: readonly Located<unknown>[] = []): ConversionNote[] {
  return unread.map(({ location }) => ({ code: 'no_field', location }));
}
