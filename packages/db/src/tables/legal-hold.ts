// Duties to preserve records.
import { legalHold } from '@salus/schema';
import { uuid } from 'drizzle-orm/pg-core';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const legalHolds = salus.table('legal_holds', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(legalHold),
});
