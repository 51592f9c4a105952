// What a report is made of, and what it is: rows of the trail in, tables of codes, counts and opaque ids out. No name and no
// value of a record is in a report, so that it can be printed in any font and go by mail.
import { AUDIT_KINDS, AUDIT_OUTCOMES, type AuditKind, type AuditOutcome } from '@salus/schema';
import * as z from 'zod';

/** The part of an event that reports need. */
export interface ReportRow {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: AuditKind;
  readonly type: string;
  readonly outcome: AuditOutcome;
  readonly actorId: string | null;
  readonly actorRole: string | null;
  readonly patientId: string | null;
  readonly purpose: string | null;
  /** Why it was refused or failed. */
  readonly reason: string | null;
  /** Further events like it that were counted and not recorded. */
  readonly repeated: number;
}

const stored = z.object({
  id: z.string(),
  at: z.string(),
  kind: z.enum(AUDIT_KINDS),
  type: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  actorId: z.string().nullable(),
  actorRole: z.string().nullable(),
  patientId: z.string().nullable(),
  purpose: z.string().nullable(),
  reason: z.string().nullable(),
  repeated: z.string().regex(/^\d{1,9}$/),
});

/** Reads a row as the database gives it out: the time as ISO 8601, the count as text. @throws ZodError */
export function reportRowOf(row: unknown): ReportRow {
  const { at, repeated, ...rest } = stored.parse(row);
  return { ...rest, at: Date.parse(at), repeated: Number(repeated) };
}

export type Cell = string | number;

export interface Section {
  readonly name: string;
  readonly title: string;
  /** How to read it. */
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** One report over rows that come one after the other: nothing of them is kept but what its table needs. */
export interface Fold {
  add(row: ReportRow): void;
  section(): Section;
}

/** Whether somebody who works here did something with somebody's record. */
export function isStaffAccess({ kind, actorId, actorRole, outcome }: ReportRow): boolean {
  const ofRecord = kind === 'phi_access' || kind === 'phi_modification' || kind === 'phi_deletion';
  return (
    ofRecord && outcome === 'success' && actorId !== null && actorRole !== 'patient' && actorRole !== null
  );
}

/** `2026-11-24T10:11:12Z` */
export const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The largest first; among equals by their cells, so that the same rows make the same table. */
export function ordered<R extends readonly Cell[]>(rows: readonly R[], by: number): R[] {
  return rows.toSorted(
    (a, b) => Number(b[by]) - Number(a[by]) || a.join('\n').localeCompare(b.join('\n'), 'en'),
  );
}

export interface Tally {
  add(key: string, by?: number): void;
  of(key: string): number;
  entries(): [string, number][];
}

/** Counts by name. */
export function tally(): Tally {
  const counts = new Map<string, number>();
  const of = (key: string) => counts.get(key) ?? 0;
  return {
    of,
    add(key, by = 1) {
      counts.set(key, of(key) + by);
    },
    entries: () => [...counts],
  };
}
