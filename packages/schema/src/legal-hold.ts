// A legal hold: a duty to preserve records, for one patient or for all that an organization has. What is held is neither
// shredded nor dropped when its retention ends.
import * as z from 'zod';
import { legalHoldId, patientId, userId } from './datatypes/id.ts';
import { text } from './datatypes/text.ts';
import { identifier, operational } from './field.ts';
import { defineResource } from './resource.ts';

const HOLD_REASONS = ['litigation', 'investigation', 'audit', 'regulation'] as const;

export const legalHold = defineResource({
  name: 'legal_hold',
  table: 'legal_holds',
  sealedUnder: 'account_key',
  fields: {
    id: operational('uuid', legalHoldId),
    /** Absent: everything the organization has. */
    patientId: operational('uuid', patientId.optional()),
    reason: operational('text', z.enum(HOLD_REASONS)),
    /** What the matter is called. Case names name people. */
    matter: identifier('other_unique_identifier', text({ max: 200 }).optional()),
    placedBy: operational('uuid', userId),
    placedAt: operational('timestamptz', z.iso.datetime()),
    releasedBy: operational('uuid', userId.optional()),
    releasedAt: operational('timestamptz', z.iso.datetime().optional()),
  },
});

export const newLegalHold = legalHold.schema.pick({ patientId: true, reason: true, matter: true });

export type LegalHold = z.output<typeof legalHold.schema>;
export type NewLegalHold = z.output<typeof newLegalHold>;
