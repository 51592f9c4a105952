// A covered entity or business associate (45 CFR 160.103) whose records Salus keeps. Organizations never see one another.
import type { z } from 'zod';
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
  },
});

export type Organization = z.output<typeof organization.schema>;
