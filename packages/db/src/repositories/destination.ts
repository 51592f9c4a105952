// Destinations as a job sees them: opened, for the time of its run.
import { type Destination, destination, type FieldName } from '@salus/schema';
import type { Row } from '../database.ts';
import type { JobRun } from '../job.ts';
import { openUnderOrganization } from '../sealed-record.ts';

export const DESTINATION_FIELDS = Object.keys(destination.fields) as FieldName<typeof destination>[]; // its own

/** Opens a row that was selected with `selectFields` and DESTINATION_FIELDS. @throws KeyError, IntegrityError */
export async function openDestination({ organizationId, keyring }: JobRun, row: Row): Promise<Destination> {
  const keys = await keyring.organization(organizationId);
  const values = await openUnderOrganization(destination, DESTINATION_FIELDS, row, keys);
  return destination.schema.parse({ ...values, createdAt: new Date(String(row.createdAt)).toISOString() });
}
