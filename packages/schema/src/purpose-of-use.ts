// Why somebody asks: HL7 PurposeOfUse codes (v3 code system ActReason, value set PurposeOfUse). A call for PHI names one.
import * as z from 'zod';

export const PURPOSES_OF_USE = {
  TREAT: 'treatment',
  HPAYMT: 'payment for care',
  HOPERAT: 'health care operations',
  PATRQT: "the patient's own request",
  ETREAT: 'emergency treatment',
  BTG: 'break the glass',
  PUBHLTH: 'public health',
  HRESCH: 'healthcare research',
  HLEGAL: 'legal',
} as const;

/** Purposes of which a patient may have each disclosure accounted for (45 CFR 164.528), in words for them. */
export const ACCOUNTABLE_PURPOSES = {
  PUBHLTH: 'Public health, such as the report of a disease.',
  HRESCH: 'Research that was approved without an authorization.',
  HLEGAL: 'A court or a legal proceeding.',
} as const satisfies Partial<Record<keyof typeof PURPOSES_OF_USE, string>>;

export type PurposeOfUse = keyof typeof PURPOSES_OF_USE;

export const purposeOfUseSchema = z.enum(Object.keys(PURPOSES_OF_USE) as [PurposeOfUse, ...PurposeOfUse[]]); // keys of a non-empty literal
