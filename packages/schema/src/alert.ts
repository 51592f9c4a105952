// Something that somebody has to look at: a rule that the trail has broken, by how much, and whom it is about, by an opaque id.
import * as z from 'zod';
import { alertId, userId } from './datatypes/id.ts';
import { operational } from './field.ts';
import { defineResource } from './resource.ts';

export const ALERT_RULES = [
  /** Many refusals of one caller. */
  'denials',
  /** Many patients' records seen by one user. */
  'mass_read',
  'break_glass',
  /** A refresh token was used that had been replaced: somebody has a copy. */
  'refresh_reused',
  /** Something is not what it was: a ciphertext does not open, or a row contradicts its log. */
  'integrity',
  'dead_letter',
  /** Events wait to be logged. */
  'log_behind',
  /** Events wait for a SIEM. */
  'siem_behind',
] as const;

export const alert = defineResource({
  name: 'alert',
  table: 'alerts',
  sealedUnder: 'account_key',
  fields: {
    id: operational('uuid', alertId),
    rule: operational('text', z.enum(ALERT_RULES)),
    /** Id of a user or a destination; empty when it is about none. */
    subject: operational('text', z.union([z.uuid(), z.literal('')])),
    count: operational('integer', z.int().positive()),
    raisedAt: operational('timestamptz', z.iso.datetime()),
    /** Of the newest event that it is about. */
    lastEventAt: operational('timestamptz', z.iso.datetime()),
    acknowledgedAt: operational('timestamptz', z.iso.datetime().optional()),
    acknowledgedBy: operational('uuid', userId.optional()),
  },
});

export type Alert = z.output<typeof alert.schema>;
export type AlertRule = (typeof ALERT_RULES)[number];
