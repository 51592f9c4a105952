// The audit trail, and where in its log each event stands.
import { auditEvent } from '@salus/schema';
import { bigint, integer, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../bytea.ts';
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

/** Refusals that are counted, not recorded one by one. The runtime role calls functions of migration 0010 for them. */
export const refusalWindows = salus.table('refusal_windows', {
  bucket: bytea('bucket').notNull(),
  organizationId: uuid('organization_id').notNull(),
  kind: text('kind').notNull(),
  type: text('type').notNull(),
  outcome: text('outcome').notNull(),
  actorId: uuid('actor_id'),
  actorRole: text('actor_role'),
  sessionId: uuid('session_id'),
  resource: text('resource'),
  reason: text('reason').notNull(),
  requestId: uuid('request_id').notNull(),
  origin: bytea('origin'),
  since: timestamp('since', { withTimezone: true }).notNull(),
  repeated: integer('repeated').notNull(),
});
