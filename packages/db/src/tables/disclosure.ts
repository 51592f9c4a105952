// Disclosures that a patient may have accounted for.
import { disclosure } from '@salus/schema';
import { uuid } from 'drizzle-orm/pg-core';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const disclosures = salus.table('disclosures', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(disclosure),
});
