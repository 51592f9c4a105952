// A disclosure that a patient may have accounted for (45 CFR 164.528): their information was given to somebody outside, and not
// for treatment, payment or operations, not to them, and not by their authorization. Made outside the system, it is noted here.
import * as z from 'zod';
import { disclosureId, patientId, userId } from './datatypes/id.ts';
import { instant } from './datatypes/instant.ts';
import { text } from './datatypes/text.ts';
import { clinical, identifier, operational } from './field.ts';
import { pageRequest } from './page.ts';
import { defineResource } from './resource.ts';

/** Why a disclosure was made, in words for the patient, by the paragraph of 45 CFR 164.512 that permits it. */
export const DISCLOSURE_REASONS = {
  required_by_law: 'A law requires it (164.512(a)).',
  public_health: 'Public health, such as the report of a disease (164.512(b)).',
  abuse_or_neglect: 'Protection from abuse, neglect or violence (164.512(c)).',
  health_oversight: 'Supervision of health care by an authority (164.512(d)).',
  judicial: 'A court or a legal proceeding (164.512(e)).',
  law_enforcement: 'Law enforcement (164.512(f)).',
  decedents: 'Coroners, medical examiners and funeral directors (164.512(g)).',
  organ_donation: 'Donation of organs, eyes or tissue (164.512(h)).',
  research: 'Research that was approved without an authorization (164.512(i)).',
  serious_threat: 'A serious threat to health or safety (164.512(j)).',
  government_function: 'A special function of government (164.512(k)).',
  workers_compensation: 'Compensation of an injury at work (164.512(l)).',
  not_permitted: 'It was not permitted, and should not have been made.',
} as const;

type DisclosureReason = keyof typeof DISCLOSURE_REASONS;
const reason = z.enum(Object.keys(DISCLOSURE_REASONS) as [DisclosureReason, ...DisclosureReason[]]); // keys of a non-empty literal

export const disclosure = defineResource({
  name: 'disclosure',
  table: 'disclosures',
  // Not the patient's: the duty to account for it outlives the record (docs/decisions/0006).
  sealedUnder: 'account_key',
  fields: {
    id: operational('uuid', disclosureId),
    patientId: operational('uuid', patientId),
    disclosedAt: operational('timestamptz', instant),
    reason: operational('text', reason),
    /** Who received it. */
    recipient: identifier('name', text({ max: 200 })),
    recipientAddress: identifier('geographic_subdivision', text({ max: 300 }).optional()),
    /** What was disclosed. */
    description: clinical(text({ max: 1000 })),
    /** Until then an authority has asked that the patient is not told (164.528(a)(2)). */
    withheldUntil: operational('timestamptz', instant.optional()),
    recordedBy: operational('uuid', userId),
    recordedAt: operational('timestamptz', z.iso.datetime()),
  },
});

const fields = disclosure.schema.shape;

export const newDisclosure = disclosure.schema.omit({ id: true, recordedBy: true, recordedAt: true }).extend({
  disclosedAt: fields.disclosedAt.refine((at) => Date.parse(at) <= Date.now(), 'lies in the future'),
});

/** Whose disclosures, and of which time: `until` is not part of it. Absent: all of the last six years. */
export const disclosureAccount = pageRequest.extend({
  patientId,
  from: instant.optional(),
  until: instant.optional(),
});

/** What the patient must be told of each (164.528(b)(2)): when, to whom and where, what, and why. */
export const accountedDisclosure = z.strictObject({
  id: z.uuid(),
  at: z.iso.datetime(),
  recipient: z.string(),
  recipientAddress: z.string().nullable(),
  what: z.string(),
  why: z.string(),
});

export type Disclosure = z.output<typeof disclosure.schema>;
export type NewDisclosure = z.output<typeof newDisclosure>;
export type DisclosureAccount = z.output<typeof disclosureAccount>;
export type AccountedDisclosure = z.output<typeof accountedDisclosure>;
