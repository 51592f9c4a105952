// Reports of the trail.
import { report } from '@salus/schema';
import { integer, timestamp, uuid } from 'drizzle-orm/pg-core';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const reports = salus.table('reports', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(report),
  /** Not before then is it tried to send it. */
  sendAfter: timestamp('send_after', { withTimezone: true }).notNull(),
  attempts: integer('attempts').notNull(),
  /** Destinations that have it, and those that have refused it for good. */
  sentTo: uuid('sent_to').array().notNull(),
  refusedBy: uuid('refused_by').array().notNull(),
});
