// A postal address (HL7 FHIR Address), anywhere in the world.
import * as z from 'zod';
import { text } from './text.ts';

export const address = z
  .strictObject({
    line: z.array(text({ max: 200 })).max(5),
    city: text({ max: 100 }).optional(),
    state: text({ max: 100 }).optional(),
    postalCode: text({ max: 20 }).optional(),
    country: text({ max: 100 }).optional(),
  })
  .refine(({ line, ...parts }) => line.length > 0 || Object.values(parts).some(Boolean), 'an empty address');

export type Address = z.output<typeof address>;
