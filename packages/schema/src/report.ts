// A report of the audit trail (45 CFR 164.308(a)(1)(ii)(D), information system activity review): of which period, and of which
// state of the log. What it says lies sealed in object storage.
import * as z from 'zod';
import { reportId, userId } from './datatypes/id.ts';
import { instant } from './datatypes/instant.ts';
import { operational } from './field.ts';
import { defineResource } from './resource.ts';

export const report = defineResource({
  name: 'report',
  table: 'reports',
  sealedUnder: 'audit_key',
  fields: {
    id: operational('uuid', reportId),
    /** `weekly`: by the clock. */
    trigger: operational('text', z.enum(['weekly', 'request'])),
    /** From this moment on, and before `periodUntil`. */
    periodFrom: operational('timestamptz', z.iso.datetime()),
    periodUntil: operational('timestamptz', z.iso.datetime()),
    events: operational('integer', z.int().nonnegative()),
    /** Of the checkpoint that it was made from; absent when none was published. */
    checkpointSize: operational('bigint', z.int().nonnegative().optional()),
    /** Base 64. */
    checkpointRoot: operational('text', z.string().optional()),
    createdBy: operational('uuid', userId.optional()),
    createdAt: operational('timestamptz', z.iso.datetime()),
    /** When it went to the compliance contacts. */
    sentAt: operational('timestamptz', z.iso.datetime().optional()),
  },
});

const YEAR = 366 * 24 * 60 * 60_000;

/** A period that has ended, of a year at most. */
export const reportPeriod = z
  .strictObject({ from: instant, until: instant })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), { path: ['until'] })
  .refine(({ from, until }) => Date.parse(until) - Date.parse(from) <= YEAR, { path: ['from'] })
  .refine(({ until }) => Date.parse(until) <= Date.now(), { path: ['until'] });

/** A report as a file. CSV is of one table. */
export const reportFile = z.union([
  z.strictObject({ id: reportId, format: z.enum(['json', 'pdf']) }),
  z.strictObject({ id: reportId, format: z.literal('csv'), section: z.string().max(64) }),
]);

export const renderedReport = z.strictObject({
  name: z.string(),
  mediaType: z.string(),
  /** Text; of a PDF Base 64. */
  content: z.string(),
});

export type Report = z.output<typeof report.schema>;
export type ReportPeriod = z.output<typeof reportPeriod>;
export type ReportFile = z.output<typeof reportFile>;
export type RenderedReport = z.output<typeof renderedReport>;
