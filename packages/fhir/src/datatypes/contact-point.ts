// FHIR R4 ContactPoint. A number at home or in the pocket is the person's own; one at work may be answered by somebody
// else, to whom a message would be a disclosure, so it comes last. The source's own ranks decide among equals.
import { newPatient } from '@salus/schema';
import * as z from 'zod';
import type { Preference } from '../choice.ts';
import { period } from './period.ts';
import { trimmed } from './text.ts';

const USES = [['mobile', 'home'], [undefined], ['temp'], ['work'], ['old']] as const;
/** `rank` is a positiveInt, so this is after all of them. */
const UNRANKED = 2 ** 31;

export const contactPoint = z.looseObject({
  system: z.enum(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other']).optional(),
  value: z.string().optional(),
  use: z.enum(['home', 'work', 'temp', 'old', 'mobile']).optional(),
  rank: z.int32().positive().optional(),
  period: period.optional(),
});

export type ContactPoint = z.output<typeof contactPoint>;

/** What it reaches, of the kinds Salus keeps. */
export function kindOfContactPoint({ system }: ContactPoint): 'phone' | 'email' | undefined {
  return system === 'phone' || system === 'email' ? system : undefined;
}

function rank({ use, rank = UNRANKED }: ContactPoint): number {
  const group = USES.findIndex((uses) => uses.some((one) => one === use));
  return group * (UNRANKED + 1) + rank;
}

export const phone: Preference<ContactPoint, string> = {
  rank,
  read: ({ value }) => newPatient.shape.phone.safeParse(trimmed(value)).data,
};

export const email: Preference<ContactPoint, string> = {
  rank,
  read: ({ value }) => newPatient.shape.email.safeParse(trimmed(value)).data,
};
