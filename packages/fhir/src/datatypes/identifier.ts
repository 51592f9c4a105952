// FHIR R4 Identifier. What it identifies is told by its type (v2 table 0203) or, for the Social Security number, by its
// system as well. A resource's id is no identifier of a person and is never taken for a medical record number.
import { newPatient } from '@salus/schema';
import * as z from 'zod';
import type { Preference } from '../choice.ts';
import { period } from './period.ts';
import { trimmed } from './text.ts';

const IDENTIFIER_TYPE = 'http://terminology.hl7.org/CodeSystem/v2-0203';
const US_SOCIAL_SECURITY_NUMBER = 'http://hl7.org/fhir/sid/us-ssn';

/** A temporary number comes last: it stands until the record has a real one. */
const USES = ['official', 'usual', undefined, 'secondary', 'temp', 'old'] as const;

const coding = z.looseObject({ system: z.string().optional(), code: z.string().optional() });

export const identifier = z.looseObject({
  use: z.enum(USES.filter((use) => use !== undefined)).optional(),
  type: z.looseObject({ coding: z.array(coding).optional() }).optional(),
  system: z.string().optional(),
  value: z.string().optional(),
  period: period.optional(),
});

export type Identifier = z.output<typeof identifier>;

/** What the identifier is, of the kinds Salus keeps. A number that could be both is a Social Security number. */
export function kindOfIdentifier(identifier: Identifier): 'mrn' | 'ssn' | undefined {
  const types = (identifier.type?.coding ?? [])
    .filter(({ system }) => system === IDENTIFIER_TYPE)
    .map(({ code }) => code);
  if (identifier.system === US_SOCIAL_SECURITY_NUMBER || types.includes('SS')) return 'ssn';
  return types.includes('MR') ? 'mrn' : undefined;
}

const rank = ({ use }: Identifier) => USES.indexOf(use);

export const medicalRecordNumber: Preference<Identifier, string> = {
  rank,
  read: ({ value }) => newPatient.shape.mrn.safeParse(trimmed(value)).data,
};

export const socialSecurityNumber: Preference<Identifier, string> = {
  rank,
  read: ({ value }) => newPatient.shape.ssn.safeParse(trimmed(value)).data,
};

/** `system` is the URI of the organization that assigns the number. */
export function medicalRecordNumberToFhir(value: string, system: string): Identifier {
  return { use: 'usual', type: { coding: [{ system: IDENTIFIER_TYPE, code: 'MR' }] }, system, value };
}

/** FHIR's naming system has it without dashes. */
export function socialSecurityNumberToFhir(value: string): Identifier {
  return {
    use: 'official',
    type: { coding: [{ system: IDENTIFIER_TYPE, code: 'SS' }] },
    system: US_SOCIAL_SECURITY_NUMBER,
    value: value.replaceAll('-', ''),
  };
}
