// Whose record a user has used, compared with who the user is. Names are sealed and have no index of their own (it would say
// how common they are), so they are opened here: of staff once, of patients one at a time, under a key that is not kept. What
// leaves this file is who and whom, and never a name.
import { kinship, kinshipOf, type Pair, type Section } from '@salus/audit';
import { type SealingKey, unwrapPatientKey } from '@salus/crypto';
import { patient, user } from '@salus/schema';
import { sql } from 'drizzle-orm';
import { bytesOf } from '../../bytea.ts';
import type { Row } from '../../database.ts';
import type { OrganizationKeys } from '../../keyring.ts';
import { openFields, openUnderOrganization } from '../../sealed-record.ts';
import type { Reporter } from './reporter.ts';

/** More would be too much for one run of a Worker: the rest is said to be left out. The most used come first. */
const PAIRS_AT_MOST = 5_000;
const PATIENTS_AT_ONCE = 500;

/** @throws DatabaseError, IntegrityError */
export async function compareNames(reporter: Reporter, met: readonly Pair[]): Promise<Section> {
  const pairs = met.toSorted((a, b) => b.events - a.events).slice(0, PAIRS_AT_MOST);
  const byPatient = Map.groupBy(pairs, ({ patientId }) => patientId);
  const patients = [...byPatient.keys()];
  const keys = await reporter.keyring.organization(reporter.organizationId);
  const staff = new Map<string, { displayName: string; email: string }>();
  const found = [];
  for (let at = 0; at < patients.length; at += PATIENTS_AT_ONCE) {
    const [, people = [], sealed = []] = await reporter.database.transaction([
      reporter.begin,
      sql`select id, display_name::text as "displayName", email::text as email from salus.report_staff()`,
      sql`
        select id, name::text as name, email::text as email, wrapped::text as wrapped, key_version, organization_key_version
          from salus.report_patients(array[${sql.join(
            patients.slice(at, at + PATIENTS_AT_ONCE).map((id) => sql`${id}::uuid`),
            sql`, `,
          )}])`,
    ]);
    if (staff.size === 0) for (const row of people) staff.set(String(row.id), await openEmployee(keys, row));
    for (const row of sealed) {
      const person = await openPerson(keys, row);
      for (const pair of byPatient.get(String(row.id)) ?? []) {
        const employee = staff.get(pair.userId);
        const what = employee ? kinshipOf(employee, person) : null;
        if (what !== null) found.push({ ...pair, kinship: what });
      }
    }
  }
  return kinship(found, { pairs: pairs.length, of: met.length });
}

async function openEmployee(keys: OrganizationKeys, row: Row) {
  const opened = await openUnderOrganization(user, ['displayName', 'email'], row, keys);
  return user.schema.pick({ displayName: true, email: true }).parse(opened);
}

async function openPerson(keys: OrganizationKeys, row: Row) {
  const wrapping = await keys.version(Number(row.organization_key_version));
  const name = { patient: String(row.id), version: Number(row.key_version) };
  const key: SealingKey = await unwrapPatientKey(wrapping, name, bytesOf(row.wrapped));
  const home = { organization: keys.organization, key, rowId: String(row.id) };
  const opened = await openFields(patient, ['name', 'email'], row, home);
  const { name: called, email } = patient.schema.pick({ name: true, email: true }).parse(opened);
  return { name: called, email: email ?? null };
}
