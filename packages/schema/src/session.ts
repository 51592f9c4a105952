// A signed-in session. The row is the authority: an access token only points at it, so that a session that is revoked,
// idle or past its end stops at the next call (45 CFR 164.312(a)(2)(iii)).
import * as z from 'zod';
import { sessionId, userId } from './datatypes/id.ts';
import { operational } from './field.ts';
import { defineResource } from './resource.ts';
import { roleSchema } from './role.ts';

export const session = defineResource({
  name: 'session',
  table: 'sessions',
  sealedUnder: 'account_key',
  fields: {
    id: operational('uuid', sessionId),
    userId: operational('uuid', userId),
    /** The role the session was opened in; it ends when the user's role is another. */
    role: operational('text', roleSchema),
    createdAt: operational('timestamptz', z.iso.datetime()),
    secondFactorAt: operational('timestamptz', z.iso.datetime()),
    lastSeenAt: operational('timestamptz', z.iso.datetime()),
    expiresAt: operational('timestamptz', z.iso.datetime()),
    revokedAt: operational('timestamptz', z.iso.datetime().optional()),
  },
});

export type SessionRecord = z.output<typeof session.schema>;
