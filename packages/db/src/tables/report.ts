// Reports of the trail.
import { report } from '@salus/schema';
import { timestamp, uuid } from 'drizzle-orm/pg-core';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const reports = salus.table('reports', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(report),
  /** Not before then is it tried to send it. */
  sendAfter: timestamp('send_after', { withTimezone: true }).notNull(),
});
