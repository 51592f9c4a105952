// A key service takes over from a local root key: the Worker has both while a command, killed at random points and run again,
// wraps one organization's key after the other; then the service alone opens them, and the local key opens nothing.
import { keyProviders, localKeyProvider } from '@salus/crypto';
import { createOrganization } from '@salus/db/provision';
import type { PatientId } from '@salus/schema';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { salus, untilDone } from '../harness/salus.ts';
import { seeded } from '../harness/seeded.ts';
import { ROOT_KEY, type SignedIn, type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';
import { startAwsKms } from '../key-services/aws-kms.ts';
import type { KeyService } from '../key-services/key-service.ts';

const SEED = 20261125;
const ORGANIZATIONS = 60;
const TREAT = { purpose: 'TREAT' } as const;

let system: System;
let kms: KeyService;
let provider: SignedIn;
let id: PatientId;
beforeAll(async () => {
  kms = await startAwsKms();
  system = await startSystem();
  const local = keyProviders(await localKeyProvider(ROOT_KEY));
  for (let made = 0; made < ORGANIZATIONS; made++) {
    await createOrganization(system.owner, local, { name: `Clinic ${made}` });
  }
  provider = await system.signedIn('provider');
  ({ id } = await provider.client.patients.create(somebody(), TREAT));
});
afterAll(async () => {
  await system.stop();
  await kms.stop();
});

const both = () => ({ ...kms.variables, SALUS_PREVIOUS_ROOT_KEY: ROOT_KEY });
const read = () => provider.client.patients.get({ id }, TREAT);

async function wrappedBy(): Promise<Record<string, number>> {
  const { rows } = await system.owner.query(
    `select split_part(provider, ':', 1) as provider, count(*)::int as n from salus.organization_keys group by 1`,
  );
  return Object.fromEntries(rows.map(({ provider, n }) => [provider, n]));
}

it('wraps every key anew, whenever it is killed, and nothing is unreadable meanwhile', async () => {
  await system.restartWorker(both());
  const total = (await wrappedBy()).local ?? 0;
  expect(total).toBe(ORGANIZATIONS + 3);
  const environment = { DATABASE_URL: system.ownerUrl, SALUS_ENVIRONMENT: 'development', ...both() };
  const killedAt = await untilDone(['keys', 'rotate', 'root'], environment, {
    left: async () => {
      await read();
      return (await wrappedBy()).local ?? 0;
    },
    random: seeded(SEED),
    kills: 4,
  });
  expect(killedAt.some((left) => left > 0 && left < total)).toBe(true);
  expect(await wrappedBy()).toEqual({ 'aws-kms': total });
  const events = await trail(system, `type = 'organization_key.rewrap'`);
  expect(events).toHaveLength(total);
  expect(JSON.stringify(events)).not.toContain(ROOT_KEY);
});

it('again changes nothing', async () => {
  const environment = { DATABASE_URL: system.ownerUrl, SALUS_ENVIRONMENT: 'development', ...both() };
  const { stdout } = await salus(['keys', 'rotate', 'root', '--json'], environment);
  expect(JSON.parse(stdout)).toMatchObject({ done: 0, failed: 0 });
});

it('leaves the service alone to open them', async () => {
  await system.restartWorker({ ...kms.variables, SALUS_ROOT_KEY: '' });
  await read();
  expect((await fetch(`${system.url}/readyz`)).status).toBe(200);
});

it('CRY-10: leaves a Worker with nothing but the root key of before not ready, and it answers nothing', async () => {
  await system.restartWorker();
  expect((await fetch(`${system.url}/readyz`)).status).toBe(503);
  await expect(read()).rejects.toMatchObject({ code: 'unavailable' });
});
