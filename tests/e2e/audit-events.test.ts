// AUD-03: whatever is called, however it ends, the trail says who, what, when, where from and with what outcome. The router is
// enumerated: a procedure without an event, or without a call to try it by, fails.
import { codingOf, isEventType } from '@salus/audit';
import { PLATFORM } from '@salus/db';
import { auditEventToFhir, fhirAuditEvent } from '@salus/fhir';
import { type PurposeOfUse, patientId, type Role } from '@salus/schema';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { callsOf, PROCEDURES } from '../harness/calls.ts';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { eventsOf, readLog, trail, untilLogged } from '../harness/trail.ts';

let system: System;
let provider: SignedIn;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
});
afterAll(() => system.stop());

/** Procedures that anybody may call: whoever has no token is not refused for that. */
const OPEN = ['auth.signIn', 'auth.verifyTotp', 'auth.refresh'];

let addresses = 0;
/** A caller who has not been seen before. */
const stranger = () => {
  addresses += 1;
  return { 'cf-connecting-ip': `198.51.100.${addresses}` };
};

describe('every procedure', () => {
  it('is among those that are tried', () => {
    expect(PROCEDURES.length).toBeGreaterThan(15);
    expect(Object.keys(callsOf(system, provider)).toSorted()).toEqual(
      PROCEDURES.map(({ path }) => path).toSorted(),
    );
  });

  it.each(PROCEDURES)('$path leaves an event when it succeeds', async ({ path, meta }) => {
    const call = await callsOf(system, provider)[path]?.();
    const { rows } = await system.owner.query('select clock_timestamp()::text as now');
    await call?.();
    const events = await trail(system, 'type = $1 and recorded_at > $2::timestamptz', [
      meta.event,
      rows[0].now,
    ]);
    expect(events.length).toBeGreaterThan(0);
    expect(new Set(events.map(({ request_id }) => request_id)).size).toBe(1);
    for (const event of events) {
      expect(event).toMatchObject({ outcome: 'success', actor_id: expect.any(String) });
      expect(event.origin).not.toBeNull();
    }
  });

  it.each(PROCEDURES.filter(({ path }) => !OPEN.includes(path)))(
    '$path leaves an event when nobody has signed in, and when the token is not one',
    async ({ path, meta }) => {
      for (const [headers, reason] of [
        [{}, 'token_missing'],
        [{ authorization: 'Bearer not.a.token' }, 'token_invalid'],
      ] as const) {
        const answer = await system.post(`/trpc/${path}`, {}, { ...headers, ...stranger() });
        expect(answer.status).toBe(401);
        expect(await eventsOf(system, answer)).toMatchObject([
          { type: meta.event, kind: 'authorization', outcome: 'denied', actor_id: null, details: { reason } },
        ]);
      }
    },
  );

  it.each(PROCEDURES.filter(({ meta }) => meta.resource !== null))(
    '$path leaves an event when the policy refuses it',
    async ({ path, meta }) => {
      const answer = await system.post(
        `/trpc/${path}`,
        {},
        { ...provider.headers(), 'purpose-of-use': 'BTG' },
      );
      expect(answer.status).toBe(403);
      expect(await eventsOf(system, answer)).toMatchObject([
        { type: meta.event, outcome: 'denied', actor_id: provider.account.id, actor_role: 'provider' },
      ]);
    },
  );

  it.each(PROCEDURES)('$path leaves an event when the input is not valid', async ({ path, meta }) => {
    const who = meta.resource === null ? await system.signedIn('nurse') : await whoMayCall(path);
    const answer = await sendNonsense(path, who);
    expect(answer.status).toBe(400);
    expect(await eventsOf(system, answer)).toMatchObject([
      { type: meta.event, outcome: 'failed', details: { reason: 'input_invalid' } },
    ]);
  });
});

const PURPOSE: Partial<Record<Role, PurposeOfUse>> = { provider: 'TREAT', patient: 'PATRQT' };

function sendNonsense(path: string, { account, headers }: SignedIn): Promise<Response> {
  const purpose = PURPOSE[account.role] ?? 'HOPERAT';
  return system.post(`/trpc/${path}`, { nonsense: true }, { ...headers(), 'purpose-of-use': purpose });
}

/** Somebody whom the policy lets as far as the input. */
async function whoMayCall(path: string): Promise<SignedIn> {
  const { id } = await provider.client.patients.create(somebody(), { purpose: 'TREAT' });
  for (const role of ['provider', 'privacy_officer', 'admin', 'patient'] as const) {
    const who = await system.signedIn(role, role === 'patient' ? { patientId: patientId.parse(id) } : {});
    if ((await sendNonsense(path, who)).status === 400) return who;
  }
  throw new Error(`nobody may call ${path}`);
}

describe('a request that comes to no procedure', () => {
  const LIST = '/trpc/patients.list';
  const JSON_TYPE = 'application/json';
  const send = (path: string, headers: Record<string, string>, init: RequestInit = {}) =>
    fetch(system.url + path, {
      method: 'POST',
      body: '{}',
      ...init,
      headers: { 'content-type': JSON_TYPE, ...headers },
    });
  interface Refused {
    readonly status: number;
    readonly headers: { get(name: string): string | null };
  }
  const REFUSALS: readonly [
    reason: string,
    outcome: 'denied' | 'failed',
    call: (headers: Record<string, string>) => Promise<Refused>,
  ][] = [
    [
      'transport_insecure',
      'denied',
      (headers) => system.worker.dispatchFetch(`http://clinic.example${LIST}`, { method: 'POST', headers }),
    ],
    ['cross_site', 'denied', (headers) => send(LIST, { ...headers, origin: 'https://canary.example' })],
    [
      'method_not_allowed',
      'failed',
      (headers) => send(`${LIST}?input=canary`, headers, { method: 'PUT', body: 'canary' }),
    ],
    [
      'content_type_not_supported',
      'failed',
      (headers) => send(LIST, { ...headers, 'content-type': 'text/canary' }),
    ],
    [
      'batch_too_large',
      'failed',
      (headers) => send(`/trpc/${Array(11).fill('patients.list').join(',')}?batch=1`, headers),
    ],
    ['body_too_large', 'failed', (headers) => send(LIST, headers, { body: 'canary'.repeat(200_000) })],
    ['request_malformed', 'failed', (headers) => send(LIST, headers, { body: Uint8Array.of(0x22, 0xff) })],
    ['not_found', 'failed', (headers) => send('/trpc/nothing?input=canary', headers)],
  ];

  it.each(REFUSALS)('is an event: %s', async (reason, outcome, call) => {
    const answer = await call(stranger());
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const id = answer.headers.get('x-request-id');
    const events = () => trail(system, 'request_id = $1', [id]);
    await expect.poll(events).toMatchObject([
      {
        organization_id: PLATFORM,
        kind: 'security',
        type: 'request.refused',
        outcome,
        actor_id: null,
        purpose: null,
        details: { reason },
      },
    ]);
    const [event] = await events();
    expect(event?.origin).not.toBeNull();
    expect(JSON.stringify([event, system.printed])).not.toContain('canary');
  });

  it('is one event for a caller and a reason, however often it comes', async () => {
    const headers = { ...stranger(), 'content-type': 'text/plain' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(LIST, headers)));
    const ids = answers.map((answer) => answer.headers.get('x-request-id'));
    const counted = async () => {
      const { rows } = await system.owner.query(
        'select repeated from salus.refusal_windows where request_id = any($1)',
        [ids],
      );
      return rows;
    };
    await expect.poll(counted).toEqual([{ repeated: 19 }]);
    expect(await trail(system, 'request_id = any($1)', [ids])).toHaveLength(1);
  });

  it('is refused as ever when the trail cannot be written, and the operator is told', async () => {
    const headers = { ...stranger(), 'content-type': 'text/plain' };
    onTestFinished(() => system.neonLocal.faults.clear());
    system.neonLocal.faults.refuseConnections();
    const answer = await send(LIST, headers);
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ error: { data: { appCode: 'content_type_not_supported' } } });
    await expect
      .poll(() => system.printed.join('\n'))
      .toMatch(new RegExp(`"${answer.headers.get('x-request-id')}","code":"refusal_not_recorded"`));
  });

  it('outside the API is none: whoever looks for a door that is not there fills nothing', async () => {
    const headers = stranger();
    const lost = await send('/wp-login.php', headers);
    expect(lost.status).toBe(404);
    const refused = await send(LIST, { ...headers, 'content-type': 'text/plain' });
    await expect.poll(() => eventsOf(system, refused)).toHaveLength(1);
    expect(await eventsOf(system, lost)).toEqual([]);
  });
});

describe('RL-10: a storm of refusals', () => {
  const storm = async (times: number, headers: Record<string, string>) => {
    const answers = [];
    for (let i = 0; i < times; i++) answers.push(await system.post('/trpc/patients.list', {}, headers));
    return answers;
  };
  const ageWindows = () =>
    system.owner.query(`update salus.refusal_windows set since = since - interval '16 minutes'`);
  const runSchedule = async () => {
    const worker = await system.worker.getWorker();
    await worker.scheduled({ cron: '* * * * *' });
  };

  it('of one caller is one event, and one that counts the rest', async () => {
    const answers = await storm(20, stranger());
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    const [first] = answers;
    if (!first) throw new Error('there were twenty');
    const events = await trail(system, 'request_id = any($1)', [
      answers.map(({ headers }) => headers.get('x-request-id')),
    ]);
    expect(events).toHaveLength(1);
    expect(events).toMatchObject([
      { request_id: first.headers.get('x-request-id'), details: { reason: 'token_missing' } },
    ]);
    await ageWindows();
    await runSchedule();
    expect(await eventsOf(system, first)).toMatchObject([
      { details: { reason: 'token_missing' } },
      { details: { reason: 'token_missing', repeated: 19 } },
    ]);
    await runSchedule();
    expect(await eventsOf(system, first)).toHaveLength(2);
  });

  it('that goes on is one event for each window, with the count of the one before', async () => {
    const headers = stranger();
    await storm(5, headers);
    await ageWindows();
    const [next] = await storm(1, headers);
    if (!next) throw new Error('there was one');
    expect(await eventsOf(system, next)).toMatchObject([
      { details: { reason: 'token_missing', repeated: 4 } },
    ]);
  });

  it('that comes all at once, and in batches, is counted exactly', async () => {
    const headers = stranger();
    const batch = Array.from({ length: 5 }, () => 'patients.list').join(',');
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => system.post(`/trpc/${batch}?batch=1`, {}, headers)),
    );
    const ids = answers.map((answer) => answer.headers.get('x-request-id'));
    const before = await trail(system, 'request_id = any($1)', [ids]);
    expect(before).toHaveLength(1);
    await ageWindows();
    await runSchedule();
    const events = await trail(system, 'request_id = any($1)', [ids]);
    expect(events.map(({ details }) => details?.repeated)).toEqual([undefined, 39]);
  });

  it('of two callers, or for two reasons, is told apart', async () => {
    const [one, other] = [stranger(), stranger()];
    const answers = [
      ...(await storm(3, one)),
      ...(await storm(3, other)),
      ...(await storm(3, { ...one, authorization: 'Bearer not.a.token' })),
    ];
    const events = await trail(system, 'request_id = any($1)', [
      answers.map(({ headers }) => headers.get('x-request-id')),
    ]);
    expect(events).toHaveLength(3);
  });

  it('of attempts to sign in is one event at the account, and one that counts the rest', async () => {
    const account = await system.account('nurse');
    const headers = stranger();
    for (let i = 0; i < 12; i++) {
      await system.post('/trpc/auth.signIn', { email: account.email, password: 'wrong' }, headers);
    }
    const throttled = () => trail(system, `type = 'sign_in.throttled' and actor_id = $1`, [account.id]);
    expect(await throttled()).toHaveLength(1);
    await ageWindows();
    await runSchedule();
    expect(await throttled()).toMatchObject([{}, { details: { reason: 'throttled', repeated: 6 } }]);
    const failed = await trail(system, `type = 'sign_in.password' and actor_id = $1`, [account.id]);
    expect(failed.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'denied'));
  });

  it('of a session that is over is one event', async () => {
    const { client, headers } = await system.signedIn('nurse');
    await client.signOut();
    const answers = await storm(5, { ...headers(), 'purpose-of-use': 'TREAT' });
    const events = await trail(system, 'request_id = any($1)', [
      answers.map((answer) => answer.headers.get('x-request-id')),
    ]);
    expect(events).toMatchObject([{ details: { reason: 'session_ended' } }]);
  });

  it('leaves nothing out of the log', async () => {
    await untilLogged(system);
    const { entries } = await readLog(system);
    const events = await trail(system, `organization_id = $1 and kind <> 'system_change'`, [
      system.organizationId,
    ]);
    expect(events.length).toBeGreaterThan(100);
    expect(entries.map(({ id }) => id)).toEqual(expect.arrayContaining(events.map(({ id }) => id)));
  });
});

it('every event that all this has left is a FHIR AuditEvent', async () => {
  const { rows } = await system.owner.query('select salus.audit_row(e) as row from salus.audit_events e');
  expect(rows.length).toBeGreaterThan(100);
  const faults = rows.flatMap(({ row }) => {
    if (!isEventType(row.type)) return [row.type];
    const { error } = fhirAuditEvent.safeParse(auditEventToFhir(row, codingOf(row.type)));
    return error ? [`${row.type}: ${error.message}`] : [];
  });
  expect(faults).toEqual([]);
});
