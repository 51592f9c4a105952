// How PostgreSQL answers what the clock asks each minute, for alerts and for a SIEM, at 150,000 events of a year that all have
// their leaves: through indexes, and reading of the trail what is new.
import type { DestinationId, OrganizationId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDestination } from '../destinations.ts';
import { createOrganization } from '../provision.ts';
import { startTestDatabase, type TestDatabase, testKeyProviders } from '../test-database.ts';
import { candidates } from './alert/rules.ts';
import { pending } from './siem-export.ts';
import { planOf } from './test-plan.ts';

const EVENTS = 150_000;
const DAYS = 300;

let database: TestDatabase;
let organization: OrganizationId;
let siem: DestinationId;
beforeAll(async () => {
  database = await startTestDatabase();
  await prepare(database.owner);
});
afterAll(() => database.stop());

async function prepare(owner: pg.Client): Promise<void> {
  const providers = await testKeyProviders();
  organization = await createOrganization(owner, providers, { name: 'First' });
  siem = await addDestination(owner, providers, {
    organizationId: organization,
    kind: 'ocsf',
    target: 'https://siem.example/',
    authentication: 'bearer',
    secret: 'of-tests-only',
    withOrigin: false,
    history: true,
  });
  await owner.query(
    `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, actor_id, patient_id, request_id)
     select $1, now() - (${EVENTS} - n) * (interval '${DAYS} days' / ${EVENTS}), 'phi_access', 'patient.read', 'success',
            ('019abc00-0000-7000-8000-a' || lpad((n % 50)::text, 11, '0'))::uuid, gen_random_uuid(), gen_random_uuid()
       from generate_series(1, ${EVENTS}) n`,
    [organization],
  );
  await owner.query('select salus.add_audit_months()'); // and what lies in no month moves to its own
  await owner.query(
    `insert into salus.audit_leaves (organization_id, year, index, event_id)
     select organization_id, extract(year from recorded_at at time zone 'UTC'),
            row_number() over (partition by extract(year from recorded_at at time zone 'UTC') order by recorded_at) - 1, id
       from salus.audit_events where type = 'patient.read'`,
  );
  await owner.query('vacuum analyze salus.audit_events, salus.audit_leaves, salus.destinations');
}

/** What a statement does, as a job, and which scans read more than a little of a table from its beginning. */
async function explain(job: string, statement: SQL) {
  const begin = sql`select salus.begin_job(${organization}::uuid, gen_random_uuid(), ${job})`;
  const { rows: found, blocks, scans } = await planOf(database.app, begin, statement);
  const whole = scans.filter((scan) => scan.how === 'Seq Scan' && scan.blocks > 10);
  return { found, blocks, whole: whole.map(({ of }) => of) };
}

describe('each minute', () => {
  it('what there is to alert to is found without reading what is old', async () => {
    const { blocks, whole } = await explain('alert', sql`with ${candidates()} select * from candidates`);
    expect(whole).toEqual([]);
    expect(blocks).toBeLessThan(2_500);
  });

  it('a batch for a SIEM is found from its cursor on, wherever that is', async () => {
    const batch = () =>
      explain('siem_export', pending({ organizationId: organization }, { id: siem, withOrigin: false }));
    for (const share of [0, 0.5]) {
      await database.owner.query(
        `insert into salus.siem_cursors (organization_id, destination_id, year, next_index)
         select organization_id, $2, year, floor(max(index) * $3::float) from salus.audit_leaves
          where organization_id = $1 group by organization_id, year
         on conflict (organization_id, destination_id, year) do update set next_index = excluded.next_index`,
        [organization, siem, share],
      );
      const { found, blocks, whole } = await batch();
      expect(found).toHaveLength(200);
      expect(whole).toEqual([]);
      expect(blocks).toBeLessThan(12_000);
    }
  });
});
