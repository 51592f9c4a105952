// FHIR R4 Address. It is kept whole or not at all: half an address takes a letter to the wrong door. One that is known
// only as text becomes its lines.
import { type Address, address as keptAddress } from '@salus/schema';
import * as z from 'zod';
import type { Preference } from '../choice.ts';
import { period } from './period.ts';
import { trimmed, trimmedAll } from './text.ts';

const USES = ['home', undefined, 'temp', 'work', 'billing', 'old'] as const;

export const address = z.looseObject({
  use: z.enum(USES.filter((use) => use !== undefined)).optional(),
  text: z.string().optional(),
  line: z.array(z.string().nullable()).optional(),
  city: z.string().optional(),
  state: z.string().optional(),
  postalCode: z.string().optional(),
  country: z.string().optional(),
  period: period.optional(),
});

export type FhirAddress = z.output<typeof address>;

const PARTS = ['city', 'state', 'postalCode', 'country'] as const;

/** The parts that are read; its type, postal or physical, makes no difference to what is kept. */
export const addressParts = ['id', 'use', 'type', 'text', 'line', ...PARTS, 'period'] as const;

export const postalAddress: Preference<FhirAddress, Address> = {
  rank: ({ use }) => USES.indexOf(use),
  read: (source) => {
    const parts = PARTS.flatMap((part) => {
      const value = trimmed(source[part]);
      return value === undefined ? [] : [[part, value]];
    });
    const line = trimmedAll(source.line);
    const known = line.length > 0 || parts.length > 0;
    return keptAddress.safeParse({
      line: known ? line : trimmedAll(source.text?.split(/\r?\n/)),
      ...Object.fromEntries(parts),
    }).data;
  },
};

export function addressToFhir({ line, ...parts }: Address): FhirAddress {
  return { ...(line.length > 0 && { line }), ...parts };
}
