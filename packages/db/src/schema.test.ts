// What the migrations made is what the resources say: every field has its column, sealed ones hold ciphertext, indexed ones
// have their blind index, and there is no column that nobody has classified.
import { RESOURCES } from '@salus/schema';
import { getTableColumns, getTableName, type Table } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnName, indexColumnName, indexNames } from './columns.ts';
import { alertDeliveries, alerts } from './tables/alert.ts';
import { auditEvents, auditLeaves, refusalWindows } from './tables/audit-event.ts';
import { careTeam } from './tables/care-team.ts';
import { destinations, siemCursors } from './tables/destination.ts';
import { disclosures } from './tables/disclosure.ts';
import { legalHolds } from './tables/legal-hold.ts';
import { organizationKeys, organizations } from './tables/organization.ts';
import { patientKeys, patients } from './tables/patient.ts';
import { reports } from './tables/report.ts';
import { refreshTokens, sessions, signInAttempts, signInChallenges } from './tables/session.ts';
import { shreddings } from './tables/shredding.ts';
import { users } from './tables/user.ts';
import { startTestDatabase } from './test-database.ts';

let connection: pg.Client;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ owner: connection, stop } = await startTestDatabase());
}, 30_000);
afterAll(() => stop());

async function columnsInDatabase(table: string): Promise<Record<string, string>> {
  const { rows } = await connection.query(
    `select column_name, case data_type when 'ARRAY' then 'text[]' when 'timestamp with time zone' then 'timestamptz'
                              else data_type end as type
       from information_schema.columns where table_schema = 'salus' and table_name = $1`,
    [table],
  );
  return Object.fromEntries(rows.map(({ column_name, type }) => [column_name, type]));
}

const TABLES: Table[] = [
  ...[auditEvents, auditLeaves, careTeam, organizationKeys, organizations, patientKeys, patients],
  ...[
    refreshTokens,
    refusalWindows,
    sessions,
    signInAttempts,
    signInChallenges,
    users,
    disclosures,
    legalHolds,
    reports,
    shreddings,
  ],
  ...[destinations, siemCursors, alerts, alertDeliveries],
];

describe('the tables', () => {
  it.each(TABLES.map((table) => [getTableName(table), table] as const))(
    '%s has the columns that the code knows, and no other',
    async (name, table) => {
      const known = Object.values(getTableColumns(table)).map((column) => column.name);
      expect(Object.keys(await columnsInDatabase(name)).toSorted()).toEqual(known.toSorted());
    },
  );

  it.each(RESOURCES.map((resource) => [resource.name, resource] as const))(
    'of %s hold ciphertext where the field is sealed, and what the field says where it is not',
    async (_, resource) => {
      const columns = await columnsInDatabase(resource.table);
      for (const [field, { storage }] of Object.entries(resource.fields)) {
        expect([field, columns[columnName(field)]]).toEqual([
          field,
          storage.sealed ? 'bytea' : storage.column,
        ]);
      }
      for (const index of indexNames(resource)) expect(columns[indexColumnName(index)]).toBe('bytea');
    },
  );

  it('a medical record number is one patient’s in an organization', async () => {
    const { rows } = await connection.query(
      `select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'patients_mrn_unique'`,
    );
    expect(rows).toEqual([{ definition: 'UNIQUE (organization_id, mrn_index)' }]);
  });
});
