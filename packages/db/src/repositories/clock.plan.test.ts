// How PostgreSQL answers what the clock asks each minute, for alerts and for a SIEM, at 150,000 events of a year that all have
// their leaves: through indexes, and reading of the trail what is new.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyProviders, localKeyProvider } from '@salus/crypto';
import { startPostgres } from '@salus/neon-local/postgres';
import type { DestinationId, OrganizationId } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDestination } from '../destinations.ts';
import { migrate } from '../migrate.ts';
import { createOrganization } from '../provision.ts';
import { candidates } from './alert/rules.ts';
import { pending } from './siem-export.ts';

const EVENTS = 150_000;
const DAYS = 300;

let owner: pg.Client;
let app: pg.Client;
let organization: OrganizationId;
let siem: DestinationId;
let stop: () => Promise<void>;
beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'salus-plans-'));
  await chmod(directory, 0o755);
  const postgres = await startPostgres({
    dataDirectory: join(directory, 'data'),
    persistent: false,
    settings: { fsync: 'off' },
  });
  owner = new pg.Client({ connectionString: postgres.url });
  await owner.connect();
  await migrate(owner, { appPassword: 'of-tests-only' });
  await prepare();
  const appUrl = new URL(postgres.url);
  appUrl.username = 'salus_app';
  appUrl.password = 'of-tests-only';
  app = new pg.Client({ connectionString: appUrl.href });
  await app.connect();
  stop = async () => {
    await app.end();
    await owner.end();
    await postgres.stop();
    await rm(directory, { recursive: true });
  };
}, 120_000);
afterAll(() => stop());

async function prepare(): Promise<void> {
  const rootKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
  const providers = keyProviders(await localKeyProvider(rootKey));
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

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Node[];
}

const blocksOf = (node: Node) => node['Shared Hit Blocks'] + node['Shared Read Blocks'];
const below = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(below)];

/** What a statement does, as a job. */
async function explain(job: string, statement: SQL) {
  const { sql: text, params } = new PgDialect().sqlToQuery(statement);
  await app.query('begin');
  try {
    await app.query('select salus.begin_job($1, gen_random_uuid(), $2)', [organization, job]);
    const { rows: found } = await app.query(text, params);
    const { rows } = await app.query(`explain (analyze, buffers, timing off, format json) ${text}`, params);
    const plan: Node = rows[0]['QUERY PLAN'][0].Plan;
    const whole = below(plan).filter(
      (node) =>
        /^audit_(events|leaves)/.test(node['Relation Name'] ?? '') &&
        node['Node Type'] === 'Seq Scan' &&
        blocksOf(node) > 10,
    );
    return { found, blocks: blocksOf(plan), whole: whole.map((node) => node['Relation Name']) };
  } finally {
    await app.query('rollback');
  }
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
      await owner.query(
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
