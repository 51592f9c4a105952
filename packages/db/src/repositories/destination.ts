// Destinations as a job sees them: opened, for the time of its run.
import { keyVersionOf } from '@salus/crypto';
import { type Destination, destination, type FieldName } from '@salus/schema';
import { bytesOf } from '../bytea.ts';
import type { Row } from '../database.ts';
import type { JobRun } from '../job.ts';
import { openFields } from '../sealed-record.ts';

export const DESTINATION_FIELDS = Object.keys(destination.fields) as FieldName<typeof destination>[]; // its own

/** Opens a row that was selected with `selectFields` and DESTINATION_FIELDS. @throws KeyError, IntegrityError */
export async function openDestination(run: JobRun, row: Row): Promise<Destination> {
  const { organizationId, keyring } = run;
  const sealed = [row.target, row.secret, row.previousSecret].filter((value) => value != null);
  const keys = await keyring.organization(organizationId);
  // A secret that was replaced is sealed under the key of its day.
  const opened = await Promise.all(
    [...new Set(sealed.map((value) => keyVersionOf(bytesOf(value))))].map(async (version) => {
      const { accountKey } = await keys.version(version);
      const home = { organization: organizationId, key: accountKey, rowId: String(row.id) };
      const fields = DESTINATION_FIELDS.filter((name) => isUnder(row[name], version));
      return openFields(destination, fields, row, home);
    }),
  );
  const plain = DESTINATION_FIELDS.filter(
    (name) => row[name] != null && !destination.fields[name].storage.sealed,
  );
  const values = Object.assign({}, ...opened, Object.fromEntries(plain.map((name) => [name, row[name]])));
  return destination.schema.parse({ ...values, createdAt: new Date(String(row.createdAt)).toISOString() });
}

function isUnder(value: unknown, version: number): boolean {
  return typeof value === 'string' && value.startsWith('\\x') && keyVersionOf(bytesOf(value)) === version;
}
