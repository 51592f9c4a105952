// Where the trail, alerts and reports go outside, and how far a SIEM has taken each log.
import { destination } from '@salus/schema';
import { bigint, integer, timestamp, uuid } from 'drizzle-orm/pg-core';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const destinations = salus.table('destinations', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(destination),
  nextAttemptAt: timestamp('next_attempt_at', { withTimezone: true }).notNull(),
  failures: integer('failures').notNull(),
  failingSince: timestamp('failing_since', { withTimezone: true }),
  deliveredAt: timestamp('delivered_at', { withTimezone: true }),
});

export const siemCursors = salus.table('siem_cursors', {
  organizationId: uuid('organization_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  year: integer('year').notNull(),
  nextIndex: bigint('next_index', { mode: 'bigint' }).notNull(),
});
