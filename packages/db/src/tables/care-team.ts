// Who takes part in whose care.
import { careTeam as shape } from '@salus/schema';
import { uuid } from 'drizzle-orm/pg-core';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const careTeam = salus.table('care_team', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(shape),
});
