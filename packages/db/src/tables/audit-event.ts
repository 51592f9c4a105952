// The audit trail, and where in its log each event stands.
import { auditEvent } from '@salus/schema';
import { bigint, integer, uuid } from 'drizzle-orm/pg-core';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const auditEvents = salus.table('audit_events', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(auditEvent),
});

export const auditLeaves = salus.table('audit_leaves', {
  organizationId: uuid('organization_id').notNull(),
  year: integer('year').notNull(),
  index: bigint('index', { mode: 'bigint' }).notNull(),
  eventId: uuid('event_id').notNull(),
});
