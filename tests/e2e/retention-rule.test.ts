// `salus retention`: rules that the database holds to, and what becomes of each year, as an operator is told.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { keyProviders, localKeyProvider } from '@salus/crypto';
import { createOrganization } from '@salus/db/provision';
import { retentionStatus, setRetentionRule } from '@salus/db/retention';
import type { OrganizationId } from '@salus/schema';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../harness/database.ts';

const MAIN = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));
const PRESENT = new Date().getUTCFullYear();

let database: TestDatabase;
let organization: OrganizationId;
beforeAll(async () => {
  database = await startTestDatabase(inject('cluster'));
  const rootKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
  const providers = keyProviders(await localKeyProvider(rootKey));
  organization = await createOrganization(database.owner, providers, { name: 'First Clinic' });
});
afterAll(() => database.stop());

function salus(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, DATABASE_URL: database.ownerUrl };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'retention', ...argv], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const set = (years: string, basis = 'state law', of: string = organization) =>
  salus('set', '--organization', of, '--years', years, '--basis', basis);

async function status() {
  const organizations = await retentionStatus(database.owner);
  return organizations.find((one) => one.organization === organization);
}

it('keeps six years where no rule is set, and what is set where one is; the trail has it', async () => {
  expect(await status()).toMatchObject({
    rule: { years: 6, basis: '45 CFR 164.316(b)(2)(i)' },
    held: false,
    years: [{ year: PRESENT, state: 'kept', expires: `${PRESENT + 7}-01-01` }],
  });
  expect(await set('10', 'state law, ten years')).toMatchObject({
    code: 0,
    stdout: 'kept for 10 years; 6 before\n',
  });
  expect(await status()).toMatchObject({
    rule: { years: 10, basis: 'state law, ten years' },
    years: [{ year: PRESENT, state: 'kept', expires: `${PRESENT + 11}-01-01` }],
  });
  await setRetentionRule(database.owner, organization, { years: 7, basis: 'state law' });
  const { rows } = await database.owner.query(
    `select kind, details from salus.audit_events
      where organization_id = $1 and type = 'retention_rule.update' order by recorded_at`,
    [organization],
  );
  expect(rows).toEqual([
    { kind: 'system_change', details: { before: 6, years: 10, basis: 'state law, ten years' } },
    { kind: 'system_change', details: { before: 10, years: 7, basis: 'state law' } },
  ]);
});

it('refuses less than six years, and an organization that there is not, and says no more than that', async () => {
  await expect(
    setRetentionRule(database.owner, organization, { years: 5, basis: 'x' }),
  ).rejects.toMatchObject({ code: 'rule_not_allowed', message: 'rule not allowed' });
  expect((await status())?.rule.years).toBe(7);
  const { code, stderr } = await set('7', 'x', crypto.randomUUID());
  expect(code).toBe(1);
  expect(stderr.trim()).toBe('✗ organization unknown');
});

it('says of each year what becomes of it', async () => {
  await setRetentionRule(database.owner, organization, { years: 6, basis: 'state law' });
  await database.owner.query(
    `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, request_id)
     select $1, make_timestamptz(year, 3, 1, 0, 0, 0, 'UTC'), 'phi_access', 'patient.read', 'success', gen_random_uuid()
       from unnest($2::integer[]) year`,
    [organization, [PRESENT - 8, PRESENT - 7, PRESENT - 6]],
  );
  await database.owner.query(
    `insert into salus.expired_years (organization_id, year, rule_years, rule_basis, request_id, first_recorded_at,
                                      last_recorded_at, size, root, event_id, finished_at)
     values ($1, $2, 6, 'x', gen_random_uuid(), now(), now(), 41, sha256(''), gen_random_uuid(), now()),
            ($1, $3, 6, 'x', gen_random_uuid(), now(), now(), null, null, null, null)`,
    [organization, PRESENT - 9, PRESENT - 8],
  );
  expect((await status())?.years).toEqual([
    { year: PRESENT - 9, state: 'deleted', expires: `${PRESENT - 2}-01-01`, size: 41 },
    { year: PRESENT - 8, state: 'ending', expires: `${PRESENT - 1}-01-01`, size: null },
    { year: PRESENT - 7, state: 'due', expires: `${PRESENT}-01-01`, size: null },
    { year: PRESENT - 6, state: 'kept', expires: `${PRESENT + 1}-01-01`, size: null },
    { year: PRESENT, state: 'kept', expires: `${PRESENT + 7}-01-01`, size: null },
  ]);
  const { stdout } = await salus('status');
  expect(stdout).toContain('6 years (state law)');
  expect(stdout).toMatch(new RegExp(`${PRESENT - 9} +deleted: 41 events`));
  expect(stdout).toMatch(new RegExp(`${PRESENT - 6} +kept until ${PRESENT + 1}-01-01`));
});
