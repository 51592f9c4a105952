// A year of the trail ends by the clock alone, on the whole system, and whoever trusts nobody here is told so by the files that
// the Worker serves.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { verifierKeyOf } from '@salus/audit/log';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOG_ORIGIN, LOG_SEED, type System, startSystem } from '../harness/system.ts';

const MAIN = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));
const DUE = new Date().getUTCFullYear() - 7;

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

/** Lets the clock strike until the database says so. */
async function minutesUntil(condition: string, values: unknown[]): Promise<void> {
  const worker = await system.worker.getWorker();
  for (let minute = 0; minute < 60; minute++) {
    const { rows } = await system.owner.query(`select (${condition}) as met`, values);
    if (rows[0].met) return;
    await worker.scheduled({ cron: '* * * * *' });
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('not within an hour');
}

async function verify(year: number): Promise<{ code: number; verdict: Record<string, unknown> }> {
  const path = `log/${system.organizationId}/${year}`;
  const key = await verifierKeyOf(`${LOG_ORIGIN}/${path}`, LOG_SEED);
  const argv = [MAIN, 'audit', 'verify', `${system.url}/${path}`, '--key', key, '--json'];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, (error, stdout) => {
      resolve({ code: error ? Number(error.code) : 0, verdict: JSON.parse(stdout) });
    });
  });
}

it('leaves a final checkpoint, a certificate and an event, and the other years as they were', {
  timeout: 60_000,
}, async () => {
  const organization = system.organizationId;
  await system.owner.query(
    `insert into salus.audit_events (organization_id, recorded_at, kind, type, outcome, request_id)
     select $1, make_timestamptz(year, 1 + n, 1, 0, 0, 0, 'UTC'), 'phi_access', 'patient.read', 'success', gen_random_uuid()
       from unnest($2::integer[]) year, generate_series(1, 3) n`,
    [organization, [DUE, DUE + 1]],
  );
  const ended =
    'exists (select from salus.expired_years where organization_id = $1 and finished_at is not null)';
  await minutesUntil(ended, [organization]);

  const { code, verdict } = await verify(DUE);
  expect(code).toBe(3);
  expect(verdict).toMatchObject({ ok: false, deleted: true, size: 3, certificate: { rule: { years: 6 } } });
  expect(await verify(DUE + 1)).toMatchObject({ code: 0, verdict: { ok: true, size: 3 } });

  const { rows } = await system.owner.query(
    `select type, details->>'year' as year, details->>'root' as root from salus.audit_events
      where organization_id = $1 and (type = 'retention.expired' or recorded_at < $2)`,
    [organization, `${DUE + 1}-01-01`],
  );
  expect(rows).toEqual([{ type: 'retention.expired', year: String(DUE), root: verdict.root }]);
});
