// A covered entity or business associate (45 CFR 160.103) whose records Salus keeps. Organizations never see one another.
import * as z from 'zod';
import { organizationId } from './datatypes/id.ts';
import { text } from './datatypes/text.ts';
import { operational } from './field.ts';
import { defineResource } from './resource.ts';

export const organization = defineResource({
  name: 'organization',
  table: 'organizations',
  sealedUnder: 'account_key',
  fields: {
    id: operational('uuid', organizationId),
    name: operational('text', text({ max: 200 })),
    /** Of the IANA database: when a day, a week and a working day begin. */
    timeZone: operational('text', z.string().refine(isTimeZone)),
  },
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export type Organization = z.output<typeof organization.schema>;
