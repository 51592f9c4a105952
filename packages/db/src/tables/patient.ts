// Patients and the key that each one's fields are sealed under.
import { patient } from '@salus/schema';
import { integer, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../bytea.ts';
import { columnsOf } from '../columns.ts';
import { salus } from './salus.ts';

export const patients = salus.table('patients', {
  organizationId: uuid('organization_id').notNull(),
  ...columnsOf(patient),
  /** The version of the patient's key that every sealed column is under. */
  keyVersion: integer('key_version').notNull(),
  /** The version of the organization's key that the blind indexes were made with. */
  organizationKeyVersion: integer('organization_key_version').notNull(),
  /** Since when there is nothing left of the record. */
  shreddedAt: timestamp('shredded_at', { withTimezone: true }),
  createdBy: uuid('created_by').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
});

/** Deleting a patient's rows here shreds the patient. Versions before the present one open what the audit trail keeps. */
export const patientKeys = salus.table('patient_keys', {
  organizationId: uuid('organization_id').notNull(),
  patientId: uuid('patient_id').notNull(),
  version: integer('version').notNull(),
  organizationKeyVersion: integer('organization_key_version').notNull(),
  wrapped: bytea('wrapped').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
});
