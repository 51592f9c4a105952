// Why somebody asks: HL7 PurposeOfUse codes (v3 code system ActReason, value set PurposeOfUse). A call for PHI names one.
import { z } from 'zod';

export const PURPOSES_OF_USE = {
  TREAT: 'treatment',
  HPAYMT: 'payment for care',
  HOPERAT: 'health care operations',
  PATRQT: "the patient's own request",
  ETREAT: 'emergency treatment',
  BTG: 'break the glass',
} as const;

export type PurposeOfUse = keyof typeof PURPOSES_OF_USE;

export const purposeOfUseSchema = z.enum(Object.keys(PURPOSES_OF_USE) as [PurposeOfUse, ...PurposeOfUse[]]); // keys of a non-empty literal
