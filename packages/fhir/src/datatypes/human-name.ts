// FHIR R4 HumanName. Every part of it is optional there; in Salus a name has a family part. Somebody with given names
// only, or with a name known only as a whole, has that as the family part, so that they can be found by it.
import { type HumanName, humanName as keptName } from '@salus/schema';
import * as z from 'zod';
import type { Preference } from '../choice.ts';
import { period } from './period.ts';
import { trimmed, trimmedAll } from './text.ts';

/** A maiden name comes last: FHIR defines it as a name of before. */
const USES = ['official', 'usual', undefined, 'temp', 'nickname', 'anonymous', 'maiden', 'old'] as const;

export const humanName = z.looseObject({
  use: z.enum(USES.filter((use) => use !== undefined)).optional(),
  text: z.string().optional(),
  family: z.string().optional(),
  given: z.array(z.string().nullable()).optional(),
  period: period.optional(),
});

export type FhirHumanName = z.output<typeof humanName>;

/** The parts that are read. */
export const nameParts = ['id', 'use', 'text', 'family', 'given', 'period'] as const;

export const name: Preference<FhirHumanName, HumanName> = {
  rank: ({ use }) => USES.indexOf(use),
  read: ({ family, given, text }) => {
    const givenNames = trimmedAll(given);
    const familyName = trimmed(family);
    return keptName.safeParse(
      familyName === undefined
        ? { family: givenNames.join(' ') || trimmed(text), given: [] }
        : { family: familyName, given: givenNames },
    ).data;
  },
};

export function nameToFhir({ family, given }: HumanName): FhirHumanName {
  return { use: 'official', family, ...(given.length > 0 && { given }) };
}
