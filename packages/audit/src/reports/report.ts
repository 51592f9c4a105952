// A report of a period: every table of it, made of the same rows, with the checkpoint of the log that it was made from.
import * as z from 'zod';
import { afterHours } from './after-hours.ts';
import { byPatient } from './by-patient.ts';
import { byUser } from './by-user.ts';
import { emergencyAccess } from './emergency-access.ts';
import { failures } from './failures.ts';
import { pairs } from './kinship.ts';
import type { Fold, ReportRow, Section } from './row.ts';
import { summary } from './summary.ts';

const section = z.strictObject({
  name: z.string(),
  title: z.string(),
  note: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number()]))),
});

/** A report as it is kept. */
export const reportContent = z.strictObject({
  id: z.uuid(),
  organizationId: z.uuid(),
  /** From this moment on, and before `until`. */
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  timeZone: z.string(),
  events: z.int(),
  /**
   * The signed note, as it was published then, of the log of the year in which the period ends (c2sp.org/tlog-checkpoint); null
   * when there was none.
   */
  checkpoint: z.string().nullable(),
  /** Those of the logs of the period's other years, the oldest first. */
  earlierCheckpoints: z.array(z.string()).default([]),
  sections: z.array(section),
});

export type ReportContent = z.output<typeof reportContent>;

export interface ReportFolds {
  add(row: ReportRow): void;
  events(): number;
  pairs: ReturnType<typeof pairs>['pairs'];
  sections(): Section[];
}

/** All tables that are made of rows alone, over one pass. @throws RangeError when there is no such time zone */
export function reportFolds(timeZone: string): ReportFolds {
  const folds: Fold[] = [
    summary(),
    byUser(),
    byPatient(),
    failures(),
    emergencyAccess(),
    afterHours(timeZone),
  ];
  const met = pairs();
  let events = 0;
  return {
    add(row) {
      events += 1;
      met.add(row);
      for (const fold of folds) fold.add(row);
    },
    events: () => events,
    pairs: met.pairs,
    sections: () => folds.map((fold) => fold.section()),
  };
}
