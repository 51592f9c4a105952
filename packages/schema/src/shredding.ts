// The destruction of a patient's keys, asked for by one person and approved by another. Afterwards the record cannot be
// read by anybody, and the audit trail still says what was done with it.
import * as z from 'zod';
import { patientId, shreddingId, userId } from './datatypes/id.ts';
import { operational } from './field.ts';
import { defineResource } from './resource.ts';

const SHREDDING_REASONS = ['patient_request', 'retention_ended', 'court_order', 'entered_in_error'] as const;

export const shredding = defineResource({
  name: 'shredding',
  table: 'shreddings',
  sealedUnder: 'account_key',
  fields: {
    id: operational('uuid', shreddingId),
    patientId: operational('uuid', patientId),
    reason: operational('text', z.enum(SHREDDING_REASONS)),
    requestedBy: operational('uuid', userId),
    requestedAt: operational('timestamptz', z.iso.datetime()),
    decidedBy: operational('uuid', userId.optional()),
    decidedAt: operational('timestamptz', z.iso.datetime().optional()),
    outcome: operational('text', z.enum(['shredded', 'cancelled']).optional()),
  },
});

export const newShredding = shredding.schema.pick({ patientId: true, reason: true });

export type Shredding = z.output<typeof shredding.schema>;
export type NewShredding = z.output<typeof newShredding>;
