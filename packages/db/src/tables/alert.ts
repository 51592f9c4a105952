// What somebody has to look at, and where it has been told.
import { alert } from '@salus/schema';
import { integer, timestamp, uuid } from 'drizzle-orm/pg-core';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const alerts = salus.table('alerts', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(alert),
});

export const alertDeliveries = salus.table('alert_deliveries', {
  organizationId: uuid('organization_id').notNull(),
  alertId: uuid('alert_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  attempts: integer('attempts').notNull(),
  nextAttemptAt: timestamp('next_attempt_at', { withTimezone: true }).notNull(),
  deliveredAt: timestamp('delivered_at', { withTimezone: true }),
});
