// Accounts. The runtime role cannot read this table; it calls the functions of migration 0005.
import { user } from '@salus/schema';
import { integer, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../bytea.ts';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const users = salus.table('users', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(user),
  /** Under the platform's key, because whoever signs in has not said yet which organization they belong to. */
  emailIndex: bytea('email_index').notNull(),
  /** Version of the platform's key that made it. */
  emailIndexVersion: integer('email_index_version').notNull(),
  /** Version of the organization's key that the sealed columns are under. */
  organizationKeyVersion: integer('organization_key_version').notNull(),
  /** Since when nothing is left of the account, because the record that it was for was shredded. */
  erasedAt: timestamp('erased_at', { withTimezone: true }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
});
