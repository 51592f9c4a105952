// An alert as it comes out of the database.
import { type Alert, alert } from '@salus/schema';
import type { Row } from '../../database.ts';

const TIMES = ['raisedAt', 'lastEventAt', 'acknowledgedAt'] as const;

/** Reads a row of `selectFields`. @throws ZodError when the database's form and ours differ */
export function alertOf(found: unknown): Alert {
  const row: Row = typeof found === 'object' && found !== null ? { ...found } : {};
  const present = Object.entries(row).filter(([, value]) => value !== null);
  const times = TIMES.flatMap((name) =>
    row[name] == null ? [] : [[name, new Date(String(row[name])).toISOString()]],
  );
  return alert.schema.parse({ ...Object.fromEntries(present), ...Object.fromEntries(times) });
}
