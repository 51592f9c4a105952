// A copy of a log beside the database as it is today, which notes nothing of where its events stand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditRow, leafOf } from '@salus/audit';
import { type NoteSigner, noteSigner } from '@salus/audit/log';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { publishLog } from '../harness/log-directory.ts';
import { salus } from '../harness/salus.ts';
import { LOG_ORIGIN, LOG_SEED, type System, startSystem } from '../harness/system.ts';

const YEAR = new Date().getUTCFullYear();

let system: System;
let signer: NoteSigner;
let directory: string;
beforeAll(async () => {
  system = await startSystem();
  signer = await noteSigner(`${LOG_ORIGIN}/log/${system.organizationId}/${YEAR}`, LOG_SEED);
});
afterAll(() => system.stop());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'salus-copy-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Records an event of so many minutes ago. @returns its leaf */
async function recorded(minutes: number): Promise<Uint8Array> {
  const { rows } = await system.owner.query(
    `insert into salus.audit_events as e (organization_id, recorded_at, kind, type, outcome, request_id)
     values ($1, greatest(now() - make_interval(mins => $2), date_trunc('year', now(), 'UTC')), 'phi_access', 'patient.read',
             'success', gen_random_uuid())
     returning salus.audit_row(e) as row`,
    [system.organizationId, minutes],
  );
  return leafOf(auditRow.parse(rows[0].row));
}

async function verify() {
  const { exitCode, stdout } = await salus(
    ['audit', 'verify', directory, '--key', signer.verifierKey, '--against-db', '--json'],
    { DATABASE_URL: system.ownerUrl },
  );
  return { exitCode, ...JSON.parse(stdout) };
}

it('a row that is younger than the copy is counted apart, however old the copy is', async () => {
  const logged = await recorded(20);
  await recorded(16);
  await publishLog(directory, [logged], signer);
  expect(await verify()).toMatchObject({
    exitCode: 0,
    size: 1,
    database: { rows: 1, later: expect.any(Number) },
  });
});

it('an event that the log has twice shows, though the database says of neither where it stands', async () => {
  const logged = await recorded(20);
  await publishLog(directory, [logged, logged], signer);
  expect(await verify()).toMatchObject({ exitCode: 1, fault: 'leaf_repeated', index: 1, faults: 1 });
});
