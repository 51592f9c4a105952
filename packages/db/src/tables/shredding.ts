// Requests to destroy a record, and what was decided.
import { shredding } from '@salus/schema';
import { uuid } from 'drizzle-orm/pg-core';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const shreddings = salus.table('shreddings', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(shredding),
});
