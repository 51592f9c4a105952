// Whoever has the runtime role's password and can run any SQL with it (an injection, a leaked secret) still sees nothing
// that no session of theirs may see. Here SQL is run as salus_app directly, past the Worker.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { rolledBack, type Statement, sessionOf } from '../harness/runtime-role.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';

let system: System;
let attacker: pg.Client;
let provider: SignedIn;
let stranger: SignedIn;
let foreigner: SignedIn;
let patientId: string;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
  stranger = await system.signedIn('provider');
  foreigner = await system.signedIn('provider', { organizationId: system.otherOrganizationId });
  ({ id: patientId } = await provider.client.patients.create(somebody(), { purpose: 'TREAT' }));
  attacker = new pg.Client({ connectionString: system.appUrl });
  await attacker.connect();
});
afterAll(async () => {
  await attacker.end();
  await system.stop();
});

const within = (statements: Statement[]) => rolledBack(attacker, statements);

async function begin(who: SignedIn, role = 'provider'): Promise<[string, unknown[]]> {
  const session = await sessionOf(system, who);
  return [`select salus.begin_request($1, gen_random_uuid(), $2, 'TREAT')`, [session, role]];
}

const COUNT = 'select count(*)::int as n from salus.';

describe('RLS-03: the runtime role', () => {
  it('is a weak one', async () => {
    const { rows } = await attacker.query(
      `select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolinherit as strong,
              pg_has_role(current_user, 'salus_owner', 'member') as owner
         from pg_roles where rolname = current_user`,
    );
    expect(rows).toEqual([{ strong: false, owner: false }]);
  });

  it('with its own session sees what that session may see, so that the others are no accident', async () => {
    for (const table of ['patients', 'patient_keys', 'care_team']) {
      expect(await within([await begin(provider), [COUNT + table]]), table).toEqual([{ n: 1 }]);
    }
  });

  it.each(['patients', 'patient_keys', 'care_team'])(
    'with a session of another user, or of another organization, sees no row of %s',
    async (table) => {
      expect(await within([await begin(stranger), [COUNT + table]])).toEqual([{ n: 0 }]);
      expect(await within([await begin(foreigner), [COUNT + table]])).toEqual([{ n: 0 }]);
    },
  );

  it('cannot take another role, or a session that is not one', async () => {
    await expect(within([await begin(provider, 'admin')])).rejects.toMatchObject({ code: 'SA401' });
    await expect(
      within([[`select salus.begin_request(gen_random_uuid(), gen_random_uuid(), 'provider', 'TREAT')`]]),
    ).rejects.toMatchObject({ code: 'SA401' });
  });

  it('cannot make a context up, or keep one for a later transaction', async () => {
    const [kept] = await within([
      await begin(provider),
      [`select current_setting('salus.context') as context, current_setting('salus.context_code') as code`],
    ]);
    const set = (context: unknown, code: unknown): [string, unknown[]] => [
      `select set_config('salus.context', $1, true), set_config('salus.context_code', $2, true)`,
      [context, code],
    ];
    const other = String(kept?.context).replace(provider.account.id, stranger.account.id);
    expect(other).not.toBe(kept?.context);
    const start = await begin(provider);
    const context = `select (salus.context()).user_id as user_id`;
    // Of another transaction, made up, and none at all; then in the transaction that has a code, another context.
    for (const code of [kept?.code, '0'.repeat(64), '', null]) {
      expect(await within([set(kept?.context, code), [`${COUNT}patients`]])).toEqual([{ n: 0 }]);
    }
    expect(await within([start, [context]])).toEqual([{ user_id: provider.account.id }]);
    const changed: [string, unknown[]] = [`select set_config('salus.context', $1, true)`, [other]];
    expect(await within([start, changed, [context]])).toEqual([{ user_id: null }]);
    expect(await within([start, changed, [`${COUNT}patients`]])).toEqual([{ n: 0 }]);
    await expect(within([[`select salus.set_context(null)`]])).rejects.toMatchObject({ code: '42501' });
  });

  it('has no context when there is no key, whatever the code', async () => {
    await system.owner.query('begin');
    try {
      await system.owner.query('delete from salus.context_key');
      const made = `(${system.organizationId},${provider.account.id},provider,,,,,)`;
      const isNobody = async (settings: string) => {
        await system.owner.query(`select ${settings}`, [made]);
        const { rows } = await system.owner.query('select salus.context() is null as nobody');
        return rows[0].nobody;
      };
      expect(await isNobody(`set_config('salus.context', $1, true)`)).toBe(true);
      expect(
        await isNobody(`set_config('salus.context', $1, true), set_config('salus.context_code', '', true)`),
      ).toBe(true);
    } finally {
      await system.owner.query('rollback');
    }
  });

  it('cannot change or delete a row of the trail, nor insert one: not even in its own name', async () => {
    const start = await begin(provider);
    for (const sql of [
      'update salus.audit_events set outcome = outcome',
      'delete from salus.audit_events',
      'truncate salus.audit_events',
      'delete from salus.audit_leaves',
      `insert into salus.audit_events (organization_id, kind, type, outcome, actor_id, request_id)
       values ('${system.organizationId}', 'phi_access', 'patient.read', 'success', '${stranger.account.id}', gen_random_uuid())`,
      `insert into salus.audit_events (organization_id, kind, type, outcome, actor_id, actor_role, session_id, request_id, purpose)
       select organization_id, 'phi_access', 'patient.read', 'success', user_id, role, session_id, request_id, purpose
         from salus.context()`,
      'insert into salus.audit_events (id) values (gen_random_uuid())',
    ]) {
      await expect(within([start, [sql]])).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('cannot move a record to another organization, delete it, or give itself a place in its care', async () => {
    const start = await begin(stranger);
    await expect(within([start, ['delete from salus.patients']])).rejects.toMatchObject({ code: '42501' });
    await expect(
      within([start, ['update salus.patients set organization_id = organization_id']]),
    ).rejects.toMatchObject({ code: '42501' });
    await expect(
      within([
        start,
        [
          'insert into salus.care_team (organization_id, patient_id, user_id, assigned_by) values ($1, $2, $3, $3)',
          [system.organizationId, patientId, stranger.account.id],
        ],
      ]),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('RLS-09: may make no function, table or temporary view of its own in the schema', async () => {
    await expect(
      within([['create function salus.spy() returns int language sql as $$ select 1 $$']]),
    ).rejects.toMatchObject({ code: '42501' });
    await expect(within([['create table salus.copy (a int)']])).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a job, which nobody signed in for', () => {
  const job = (organization: string, name = 'report'): [string, unknown[]] => [
    'select salus.begin_job($1, gen_random_uuid(), $2)',
    [organization, name],
  ];
  const record: [string] = [
    `select events->'shared'->>'organizationId' as organization, events->'shared'->>'actorId' as actor,
            events->'shared'->>'actorRole' as role
       from salus.record_together('system_change', 'user.create', 'user', null, null,
                                array[row('success', null, null, null, null)::salus.event_subject]) events`,
  ];

  const recordAsBefore: [string] = [
    `select event->>'organizationId' as organization, event->>'actorId' as actor, event->>'actorRole' as role,
            event->>'outcome' as outcome, (select count(*)::int from jsonb_object_keys(event)) as parts
       from salus.record_events('system_change', 'user.create', 'user', null, null,
                                array[row('success', null, null, null, null)::salus.event_subject,
                                      row('failed', null, null, null, null)::salus.event_subject]) event`,
  ];

  it('sees the trail of its organization, and none of its records', async () => {
    const { rows } = await system.owner.query(
      'select count(*)::int as n from salus.audit_events where organization_id = $1',
      [system.organizationId],
    );
    expect(rows[0].n).toBeGreaterThan(0);
    expect(await within([job(system.organizationId), [`${COUNT}audit_events`]])).toEqual(rows);
    for (const table of ['patients', 'patient_keys', 'care_team']) {
      expect(await within([job(system.organizationId), [COUNT + table]])).toEqual([{ n: 0 }]);
    }
  });

  it('writes in the trail as what it is, and as nobody else', async () => {
    for (const organization of [system.organizationId, system.otherOrganizationId]) {
      expect(await within([job(organization), record])).toEqual([
        { organization, actor: null, role: 'job.report' },
      ]);
    }
    await expect(within([record])).rejects.toMatchObject({ code: '42501' });
  });

  it('writes so by the function of the release before, which gives each event whole', async () => {
    for (const organization of [system.organizationId, system.otherOrganizationId]) {
      const event = { organization, actor: null, role: 'job.report', parts: 18 };
      expect(await within([job(organization), recordAsBefore])).toEqual([
        { ...event, outcome: 'success' },
        { ...event, outcome: 'failed' },
      ]);
    }
    await expect(within([recordAsBefore])).rejects.toMatchObject({ code: '42501' });
  });

  it('sees destinations of its organization when they are its business, and changes nothing of them but how it went', async () => {
    for (const organization of [system.organizationId, system.otherOrganizationId]) {
      await system.owner.query(
        `insert into salus.destinations (organization_id, id, kind, target, authentication, secret)
         values ($1, gen_random_uuid(), 'ocsf', '\\x01', 'hmac', '\\x01')`,
        [organization],
      );
    }
    const seen = (name: string) => within([job(system.organizationId, name), [`${COUNT}destinations`]]);
    expect(await seen('siem_export')).toEqual([{ n: 1 }]);
    expect(await seen('alert')).toEqual([{ n: 1 }]);
    expect(await seen('retention')).toEqual([{ n: 0 }]);
    expect(await within([await begin(provider), [`${COUNT}destinations`]])).toEqual([{ n: 0 }]);
    const exporting = job(system.organizationId, 'siem_export');
    const put = 'update salus.destinations set next_attempt_at = now() returning 1 as n';
    expect(await within([exporting, [put]])).toEqual([{ n: 1 }]);
    expect(await within([job(system.organizationId, 'alert'), [put]])).toEqual([]);
    for (const statement of [
      `update salus.destinations set target = '\\x02'`,
      'update salus.destinations set secret = null',
      'update salus.destinations set with_origin = true',
      'delete from salus.destinations',
      `insert into salus.destinations (organization_id, id, kind, target)
       select organization_id, gen_random_uuid(), 'mail', '\\x01' from salus.context()`,
      'delete from salus.siem_cursors',
    ]) {
      await expect(within([exporting, [statement]])).rejects.toMatchObject({ code: '42501' });
    }
    const cursor = (index: number): [string] => [
      `insert into salus.siem_cursors (organization_id, destination_id, year, next_index)
       select organization_id, id, 2026, ${index} from salus.destinations
       on conflict (organization_id, destination_id, year) do update set next_index = excluded.next_index`,
    ];
    await within([exporting, cursor(5), cursor(6)]);
    await expect(within([exporting, cursor(5), cursor(4)])).rejects.toMatchObject({ code: 'SA409' });
  });

  it('raises alerts, which people see whose business they are, and acknowledges none', async () => {
    const raise = (organization: string): [string, unknown[]] => [
      `insert into salus.alerts (organization_id, rule, subject, count, last_event_at)
       values ($1, 'denials', '', 20, now()) returning id`,
      [organization],
    ];
    const alerting = job(system.organizationId, 'alert');
    expect(await within([alerting, raise(system.organizationId)])).toHaveLength(1);
    for (const statements of [
      [alerting, raise(system.otherOrganizationId)],
      [job(system.organizationId), raise(system.organizationId)],
      [await begin(provider), raise(system.organizationId)],
    ]) {
      await expect(within(statements)).rejects.toMatchObject({ code: '42501' });
    }
    await system.owner.query(...raise(system.organizationId));
    const officer = await system.signedIn('privacy_officer');
    const admin = await system.signedIn('admin');
    const seen = async (who: SignedIn, role: string) =>
      (await within([await begin(who, role), [`${COUNT}alerts`]]))[0]?.n;
    expect(await seen(officer, 'privacy_officer')).toBe(1);
    expect(await seen(admin, 'admin')).toBe(1);
    expect(await seen(provider, 'provider')).toBe(0);
    await system.owner.query(
      `update salus.sessions set second_factor_at = now() - interval '16 minutes' where user_id = $1`,
      [admin.account.id],
    );
    expect(await seen(admin, 'admin')).toBe(0);
    const acknowledge = (by: string): [string] => [
      `update salus.alerts set acknowledged_at = now(), acknowledged_by = ${by} returning id`,
    ];
    const asOfficer = await begin(officer, 'privacy_officer');
    expect(await within([asOfficer, acknowledge('(salus.context()).user_id')])).toHaveLength(1);
    for (const [context, by] of [
      [asOfficer, `'${provider.account.id}'`],
      [alerting, `'${officer.account.id}'`],
    ] as const) {
      await expect(within([context, acknowledge(by)])).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('is one of a list, for an organization that there is', async () => {
    await expect(within([job(system.organizationId, 'anything')])).rejects.toMatchObject({ code: 'SA404' });
    await expect(within([job(crypto.randomUUID())])).rejects.toMatchObject({ code: 'SA404' });
  });
});

describe('RLS-01: a runtime role that is too strong', () => {
  it('is refused by the database and by the readiness probe', async () => {
    await system.owner.query('alter role salus_app bypassrls');
    try {
      await expect(within([await begin(provider)])).rejects.toMatchObject({ code: 'SA500' });
      expect((await fetch(`${system.url}/readyz`)).status).toBe(503);
      const answer = await system.post(
        '/trpc/patients.list',
        {},
        { ...provider.headers(), 'purpose-of-use': 'TREAT' },
      );
      expect(answer.status).toBe(500);
    } finally {
      await system.owner.query('alter role salus_app nobypassrls');
    }
    expect((await fetch(`${system.url}/readyz`)).status).toBe(200);
  });
});
