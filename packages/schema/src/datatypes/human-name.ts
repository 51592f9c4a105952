// A person's name (HL7 FHIR HumanName): any script, any punctuation, one name or many. Nobody is turned away for their name.
import * as z from 'zod';
import { text } from './text.ts';

export const humanName = z.strictObject({
  family: text({ max: 200 }),
  given: z.array(text({ max: 200 })).max(10),
});

export type HumanName = z.output<typeof humanName>;
