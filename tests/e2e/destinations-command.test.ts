// `salus siem` and `salus alerts`, as an operator runs them: what is set up, what is refused, and what is shown of it.
import { keyProviders, localKeyProvider } from '@salus/crypto';
import { createOrganization } from '@salus/db/provision';
import type { OrganizationId } from '@salus/schema';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../harness/database.ts';
import { type Run, salus } from '../harness/salus.ts';

const ROOT_KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
const URL_WITH_TOKEN = 'https://siem.example/collect?token=canary';

let database: TestDatabase;
let organization: OrganizationId;
beforeAll(async () => {
  database = await startTestDatabase(inject('cluster'));
  const providers = keyProviders(await localKeyProvider(ROOT_KEY));
  organization = await createOrganization(database.owner, providers, { name: 'First Clinic' });
});
afterAll(() => database.stop());

function run(...args: string[]): Promise<Run> {
  const [group = '', command = '', ...rest] = args;
  return salus([group, command, '--organization', organization, ...rest], {
    DATABASE_URL: database.ownerUrl,
    SALUS_ROOT_KEY: ROOT_KEY,
  });
}

const jsonOf = ({ exitCode, stdout, stderr }: Run) => {
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};

describe('salus siem', () => {
  it('adds, lists, watches, gives a new secret and removes', async () => {
    const added = jsonOf(await run('siem', 'add', '--format', 'ocsf', '--url', URL_WITH_TOKEN, '--json'));
    expect(added).toEqual({ id: expect.any(String), secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/) });
    const listed = await run('siem', 'list', '--json');
    expect(jsonOf(listed)).toEqual([
      { id: added.id, kind: 'ocsf', target: 'https://siem.example', withOrigin: false },
    ]);
    expect(jsonOf(await run('siem', 'status', '--json'))).toEqual([
      {
        id: added.id,
        target: 'https://siem.example',
        failures: 0,
        failingSince: null,
        deliveredAt: null,
        waiting: 0,
      },
    ]);
    const { stdout: table } = await run('siem', 'status');
    expect(table).toContain('never');
    const secret = await run('siem', 'secret', '--id', added.id);
    expect(secret.stdout.trim()).toMatch(/^whsec_/);
    expect(secret.stdout.trim()).not.toBe(added.secret);
    expect(await run('siem', 'secret', '--id', added.id, '--finish')).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
    expect((await run('siem', 'remove', '--id', added.id)).exitCode).toBe(0);
    expect(jsonOf(await run('siem', 'list', '--json'))).toEqual([]);
    expect([listed.stdout, table].join()).not.toContain('canary');
    const { rows } = await database.owner.query(
      `select type from salus.audit_events where resource_id = $1 order by recorded_at`,
      [added.id],
    );
    expect(rows.map(({ type }) => type.split('.')[1])).toEqual(['create', 'update', 'update', 'delete']);
  });

  it.each([
    ['an address of this machine', 2, ['add', '--format', 'ocsf', '--url', 'https://127.0.0.1/']],
    ['metadata of a cloud', 2, ['add', '--format', 'ocsf', '--url', 'https://169.254.169.254/']],
    ['plain HTTP', 2, ['add', '--format', 'ocsf', '--url', 'http://siem.example/']],
    ['an unknown format', 2, ['add', '--format', 'cef', '--url', 'https://siem.example/']],
    [
      'an unknown authentication',
      2,
      ['add', '--format', 'ocsf', '--url', 'https://siem.example/', '--authentication', 'none'],
    ],
    [
      'a token that nobody gives',
      1,
      ['add', '--format', 'ocsf', '--url', 'https://siem.example/', '--authentication', 'bearer'],
    ],
    ['a SIEM that there is not', 1, ['remove', '--id', '019abc00-0000-7000-8000-000000000001']],
    ['no id', 2, ['remove', '--id', 'siem']],
  ])('refuses %s', async (_, exitCode, args) => {
    const answer = await run('siem', ...args);
    expect(answer).toMatchObject({ exitCode, stdout: '' });
    expect(answer.stderr).not.toMatch(/169\.254|127\.0|token=/);
    const { rows } = await database.owner.query('select count(*)::int as n from salus.destinations');
    expect(rows).toEqual([{ n: 0 }]);
  });
});

describe('salus alerts', () => {
  it('adds, lists and removes addresses of mail and webhooks', async () => {
    const mail = jsonOf(await run('alerts', 'add', '--mail', 'officer@clinic.example', '--json'));
    expect(mail).toEqual({ id: expect.any(String) });
    const webhook = jsonOf(await run('alerts', 'add', '--webhook', 'https://pager.example/salus', '--json'));
    expect(webhook.secret).toMatch(/^whsec_/);
    expect(jsonOf(await run('alerts', 'list', '--json'))).toMatchObject([
      { id: mail.id, kind: 'mail', target: 'officer@clinic.example' },
      { id: webhook.id, kind: 'webhook', target: 'https://pager.example' },
    ]);
    expect(jsonOf(await run('siem', 'list', '--json'))).toEqual([]);
    expect(await run('alerts', 'secret', '--id', mail.id)).toMatchObject({ exitCode: 1 });
    for (const { id } of [mail, webhook])
      expect((await run('alerts', 'remove', '--id', id)).exitCode).toBe(0);
  });

  it.each([
    ['neither', []],
    ['both', ['--mail', 'officer@clinic.example', '--webhook', 'https://pager.example/']],
    ['an address that is none', ['--mail', 'officer']],
    ['a webhook inside', ['--webhook', 'https://pager.internal/']],
  ])('refuses %s', async (_, args) => {
    expect(await run('alerts', 'add', ...args)).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
