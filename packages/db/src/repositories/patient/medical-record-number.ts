// One medical record number, one patient, also while two versions of the organization's key make blind indexes: the unique
// constraint compares those of one version, and this compares with the others.
import { patient } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { byteaParameter } from '../../bytea.ts';
import type { OrganizationKeys } from '../../keyring.ts';
import { indexFor } from '../../sealed-record.ts';

/** The statement to run before a number is written: none when there is no other version, or no number to write. */
export async function refuseTakenNumber(
  { current, live }: OrganizationKeys,
  values: Readonly<Record<string, unknown>>,
): Promise<SQL[]> {
  const others = live.filter((key) => key !== current);
  if (others.length === 0 || values.mrn === undefined) return [];
  const indexes = await Promise.all(others.map((key) => indexFor(patient, 'mrn', values, key)));
  return [sql`select salus.refuse_taken_mrn(array[${sql.join(indexes.map(byteaParameter), sql`, `)}])`];
}
