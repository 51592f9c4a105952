// Accounts. The runtime role cannot read this table; it calls the functions of migration 0005.
import { user } from '@salus/schema';
import { timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../bytea.ts';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const users = salus.table('users', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(user),
  /** Under the platform's key, because whoever signs in has not said yet which organization they belong to. */
  emailIndex: bytea('email_index').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
});
