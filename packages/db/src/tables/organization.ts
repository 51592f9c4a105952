// Organizations and their keys, each wrapped by the root key (DESIGN.md, Keys).
import { organization } from '@salus/schema';
import { integer, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../bytea.ts';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const organizations = salus.table('organizations', {
  ...columnsOf(organization),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
});

export const organizationKeys = salus.table('organization_keys', {
  organizationId: uuid('organization_id').notNull(),
  version: integer('version').notNull(),
  provider: text('provider').notNull(),
  wrapped: bytea('wrapped').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  /** Since when no record needs it any more: only the audit trail does. */
  retiredAt: timestamp('retired_at', { withTimezone: true }),
});
