// Sessions and the tokens that prolong them. The runtime role cannot read these tables (migration 0005).
import { session } from '@salus/schema';
import { timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../bytea.ts';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const sessions = salus.table('sessions', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(session),
});

export const refreshTokens = salus.table('refresh_tokens', {
  tokenHash: bytea('token_hash').notNull(),
  organizationId: uuid('organization_id').notNull(),
  sessionId: uuid('session_id').notNull(),
  issuedAt: timestamp('issued_at', { withTimezone: true }).notNull(),
  rotatedAt: timestamp('rotated_at', { withTimezone: true }),
  successor: bytea('successor'),
});

export const signInChallenges = salus.table('sign_in_challenges', {
  tokenHash: bytea('token_hash').notNull(),
  organizationId: uuid('organization_id').notNull(),
  userId: uuid('user_id').notNull(),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  consumedAt: timestamp('consumed_at', { withTimezone: true }),
});

export const signInAttempts = salus.table('sign_in_attempts', {
  bucket: bytea('bucket').notNull(),
  attemptedAt: timestamp('attempted_at', { withTimezone: true }).notNull(),
});
