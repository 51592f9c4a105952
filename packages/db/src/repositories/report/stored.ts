// How a report lies: its row in the database, and what it says sealed under the organization's audit key, in its own place.
import { type FieldName, type Report, type Resource, report } from '@salus/schema';

/** The name of the file that a report lies in. */
export const nameOf = (organization: string, id: string) => `${organization}/${id}`;

/** What the ciphertext of a report is bound to. */
export const placeOf = (organization: string, row: string) => ({
  ...{ organization, row },
  ...{ table: report.table, column: 'content' },
});

export function fieldsOf<R extends Resource>(resource: R): FieldName<R>[] {
  return Object.keys(resource.fields) as FieldName<R>[]; // its own
}

const TIMES = ['periodFrom', 'periodUntil', 'createdAt', 'sentAt'] as const;

/** Reads a row that was selected with `selectFields`, as JSON. */
export function reportOf(json: unknown): Report {
  const row: Readonly<Record<string, unknown>> = Object(json);
  const present = Object.entries(row).filter(([, value]) => value !== null);
  const times = TIMES.flatMap((name) =>
    row[name] == null ? [] : [[name, new Date(String(row[name])).toISOString()]],
  );
  return report.schema.parse({ ...Object.fromEntries(present), ...Object.fromEntries(times) });
}
