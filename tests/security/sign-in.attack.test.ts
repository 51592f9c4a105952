// Signing in, as somebody would attack it.
import { totpCode } from '@salus/auth';
import { createSalusClient, SalusError, type Tokens } from '@salus/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, type System, signIn, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const FROM = (address: string) => ({ 'cf-connecting-ip': address });

async function data(answer: Response): Promise<Record<string, string>> {
  return ((await answer.json()) as { result: { data: Record<string, string> } }).result.data;
}

async function appCode(answer: Response): Promise<string> {
  return ((await answer.json()) as { error: { data: { appCode: string } } }).error.data.appCode;
}

async function mfaTokenOf({ email, password }: Account): Promise<string> {
  return (await data(await system.post('/trpc/auth.signIn', { email, password }))).mfaToken ?? '';
}

const codeOf = ({ totpSecret }: Account, at = Date.now()) => totpCode({ secret: totpSecret, now: at });

describe('the password', () => {
  it('AUTH-01: a wrong one, an unknown account and a disabled one get the same answer', async () => {
    const known = await system.account('nurse');
    const disabled = await system.account('nurse');
    await system.owner.query('update salus.users set disabled_at = now() where id = $1', [disabled.id]);
    const answers = await Promise.all(
      [
        { email: known.email, password: 'wrong' },
        { email: 'nobody@clinic.example', password: 'wrong' },
        { email: disabled.email, password: disabled.password },
      ].map(async (body, at) => {
        const answer = await system.post('/trpc/auth.signIn', body, FROM(`192.0.2.${at}`));
        const text = (await answer.text()).replace(/"requestId":"[^"]+"/, '');
        const headers = [...answer.headers].filter(([name]) => !['x-request-id', 'date'].includes(name));
        return JSON.stringify([answer.status, headers, text]);
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('credentials_refused');
  });

  it('AUTH-05, RL-02: five attempts from one address, whatever the account; the sixth is refused, though it be right', async () => {
    const { email, password } = await system.account('nurse');
    const attempt = (secret: string) =>
      system.post('/trpc/auth.signIn', { email, password: secret }, FROM('192.0.2.50'));
    for (let i = 0; i < 5; i++) expect((await attempt('wrong')).status).toBe(401);
    await system.restartWorker();
    expect((await attempt(password)).status).toBe(429);
    expect((await attempt(password)).status).toBe(429);
    // AUTH-07: from elsewhere the account's owner still gets in.
    expect((await system.post('/trpc/auth.signIn', { email, password }, FROM('192.0.2.51'))).status).toBe(
      200,
    );
    // RL-10: one event for the window, not one for each refusal.
    const events = await trail(system, `type = 'sign_in.throttled'`);
    expect(events.filter(({ actor_id }) => actor_id !== null)).toHaveLength(1);
  });

  it('a hundred at once from one address are counted one by one', async () => {
    const { email } = await system.account('nurse');
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        system.post('/trpc/auth.signIn', { email, password: 'wrong' }, FROM('192.0.2.60')),
      ),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  });

  it('signing in successfully, often, uses nothing up', async () => {
    const { email, password } = await system.account('nurse');
    for (let i = 0; i < 60; i++) {
      expect((await system.post('/trpc/auth.signIn', { email, password }, FROM('192.0.2.70'))).status).toBe(
        200,
      );
    }
  });

  it('AUTH-14: of ten megabytes, or empty, is refused before it is hashed', async () => {
    const { email } = await system.account('nurse');
    // Refused by its length alone, the connection may close while it is still being sent: then it is sent again.
    const tenMegabytes = { email, password: 'a'.repeat(10_000_000) };
    let refused: Response | null = null;
    for (let attempt = 0; attempt < 5 && refused === null; attempt++) {
      refused = await system.post('/trpc/auth.signIn', tenMegabytes).catch(() => null);
    }
    expect(refused?.status).toBe(413);
    expect((await system.post('/trpc/auth.signIn', { email, password: 'a'.repeat(1025) })).status).toBe(400);
    expect((await system.post('/trpc/auth.signIn', { email, password: '' })).status).toBe(400);
  });
});

describe('the second factor', () => {
  it('without it there is no token, and the token of the first step opens nothing', async () => {
    const mfaToken = await mfaTokenOf(await system.account('provider'));
    const headers = { authorization: `Bearer ${mfaToken}`, 'purpose-of-use': 'TREAT' };
    expect((await system.post('/trpc/patients.list', {}, headers)).status).toBe(401);
  });

  it('MFA-01: a code is accepted once, also on another challenge, also when two race', async () => {
    const account = await system.account('nurse');
    const [first, second] = [await mfaTokenOf(account), await mfaTokenOf(account)];
    const code = await codeOf(account);
    const answers = await Promise.all(
      [first, second].map((mfaToken) => system.post('/trpc/auth.verifyTotp', { mfaToken, code })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
  });

  it('MFA-03: an older code than the last one accepted is refused, though it be right', async () => {
    const account = await system.account('nurse');
    const verify = async (code: string) =>
      (await system.post('/trpc/auth.verifyTotp', { mfaToken: await mfaTokenOf(account), code })).status;
    const previous = await codeOf(account, Date.now() - 30_000);
    expect(await verify(await codeOf(account))).toBe(200);
    expect(await verify(previous)).toBe(401);
  });

  it.each(['', '12345', '1234567', '123456 ', '１２３４５６', 'abcdef', '-12345'])(
    'MFA-04: %j is no code, and no error of ours',
    async (code) => {
      const mfaToken = await mfaTokenOf(await system.account('nurse'));
      expect((await system.post('/trpc/auth.verifyTotp', { mfaToken, code })).status).toBe(401);
    },
  );

  it('MFA-05: wrong codes do not use up the right one; MFA-06: after five there is no more trying', async () => {
    const account = await system.account('nurse');
    const attempt = async (code: string) =>
      (await system.post('/trpc/auth.verifyTotp', { mfaToken: await mfaTokenOf(account), code })).status;
    const right = await codeOf(account);
    const wrong = right === '000000' ? '000001' : '000000';
    for (let i = 0; i < 4; i++) expect(await attempt(wrong)).toBe(401);
    expect(await attempt(right)).toBe(200);
    for (let i = 0; i < 5; i++) expect(await attempt(wrong)).toBe(401);
    expect(await attempt(wrong)).toBe(429);
  });

  it('MFA-10: a code seed that was swapped with another account’s does not open', async () => {
    const [one, other] = [await system.account('nurse'), await system.account('nurse')];
    await system.owner.query(
      `update salus.users set totp_secret = (select totp_secret from salus.users where id = $2) where id = $1`,
      [one.id, other.id],
    );
    const answer = await system.post('/trpc/auth.verifyTotp', {
      mfaToken: await mfaTokenOf(one),
      code: await codeOf(other),
    });
    expect(answer.status).toBe(500);
    expect(await trail(system, `type = 'integrity.failed'`)).not.toEqual([]);
  });
});

describe('an access token', () => {
  it.each(['alg none', 'changed payload', 'no signature', 'other key'])(
    'TOK: %s is refused',
    async (attack) => {
      const { headers } = await system.signedIn('provider');
      const token = headers().authorization?.slice('Bearer '.length) ?? '';
      const [header = '', payload = '', signature = ''] = token.split('.');
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
      const forged = {
        'alg none': `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
        'changed payload': `${header}.${encode({ ...claims, role: 'admin' })}.${signature}`,
        'no signature': `${header}.${payload}.`,
        'other key': `${header}.${payload}.${Buffer.alloc(64, 7).toString('base64url')}`,
      }[attack];
      const call = (bearer: string) =>
        system.post(
          '/trpc/patients.list',
          {},
          { authorization: `Bearer ${bearer}`, 'purpose-of-use': 'TREAT' },
        );
      expect((await call(token)).status).toBe(200);
      expect((await call(forged ?? '')).status).toBe(401);
    },
  );

  it('TOK-12: holds no e-mail address and no name', async () => {
    const { headers, account } = await system.signedIn('provider');
    const payload = Buffer.from(headers().authorization?.split('.')[1] ?? '', 'base64url').toString();
    expect(payload).not.toContain(account.email.split('@')[0]);
    expect(Object.keys(JSON.parse(payload)).toSorted()).toEqual(
      ['aud', 'auth_time', 'exp', 'iat', 'iss', 'jti', 'org', 'role', 'sid', 'sub'].toSorted(),
    );
  });

  it.each([
    ['AUTH-26: of a disabled user', 'update salus.users set disabled_at = now() where id = $1'],
    ['TOK-13: of a user whose role has changed', `update salus.users set role = 'nurse' where id = $1`],
    ['of a revoked session', 'update salus.sessions set revoked_at = now() where user_id = $1'],
    [
      'SES-05: of an idle session',
      `update salus.sessions set last_seen_at = now() - interval '31 minutes' where user_id = $1`,
    ],
    ['SES-05: of a session past its end', 'update salus.sessions set expires_at = now() where user_id = $1'],
  ])('%s stops at the next call', async (_, change) => {
    const { client, account } = await system.signedIn('provider');
    await client.patients.list({}, { purpose: 'TREAT' });
    await system.owner.query(change, [account.id]);
    await expect(client.patients.list({}, { purpose: 'TREAT' })).rejects.toMatchObject({
      code: 'session_ended',
    });
  });

  it('signing out ends the session at once', async () => {
    const { client, headers } = await system.signedIn('provider');
    const kept = headers();
    await client.signOut();
    expect(
      (await system.post('/trpc/patients.list', {}, { ...kept, 'purpose-of-use': 'TREAT' })).status,
    ).toBe(401);
  });
});

describe('a refresh token', () => {
  async function tokens() {
    const account = await system.account('nurse');
    return data(
      await system.post('/trpc/auth.verifyTotp', {
        mfaToken: await mfaTokenOf(account),
        code: await codeOf(account),
      }),
    );
  }
  const refresh = (refreshToken = '') => system.post('/trpc/auth.refresh', { refreshToken });

  it('SES-02: exchanged ten times at once gives one successor, and nobody is logged out', async () => {
    const { refreshToken } = await tokens();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const successors = await Promise.all(answers.map(async (answer) => (await data(answer)).refreshToken));
    expect(new Set(successors).size).toBe(1);
    expect((await refresh(successors[0])).status).toBe(200);
  });

  it('SES-01, SES-04: used again after the grace ends the family', async () => {
    const { refreshToken } = await tokens();
    const successor = (await data(await refresh(refreshToken))).refreshToken;
    await system.owner.query(
      `update salus.refresh_tokens set rotated_at = rotated_at - interval '31 seconds' where rotated_at is not null`,
    );
    expect(await appCode(await refresh(refreshToken))).toBe('session_ended');
    expect(await appCode(await refresh(successor))).toBe('session_ended');
    expect(await trail(system, `type = 'refresh.reused'`)).toHaveLength(1);
  });

  it.each(['', 'sr_', 'sr_AAAA', `sm_${'A'.repeat(43)}`, `sr_${'A'.repeat(43)}`, 'x'.repeat(201)])(
    'that was made up (%j) is refused',
    async (made) => {
      expect([400, 401]).toContain((await refresh(made)).status);
    },
  );

  it('SES-08: tokens stand in the database as hashes alone', async () => {
    const { refreshToken = '' } = await tokens();
    const { rows } = await system.owner.query(
      `select string_agg(t::text, ' ') as all from salus.refresh_tokens t`,
    );
    const secret = Buffer.from(refreshToken.slice(3), 'base64url');
    expect(secret).toHaveLength(32);
    expect(rows[0].all).not.toContain(secret.toString('hex'));
  });

  it('the client has one exchange in flight, however many calls find the token ended', async () => {
    const account = await system.account('provider');
    let kept: Tokens | null = null;
    await signIn(system.url, account, {
      onTokens: (tokens) => {
        kept = tokens;
      },
    });
    let exchanges = 0;
    const client = createSalusClient({
      url: system.url,
      tokens: { ...(kept as unknown as Tokens), expiresAt: 0 }, // assigned in the callback above
      fetch: (input, init) => {
        if (String(input).includes('auth.refresh')) exchanges += 1;
        return fetch(input as string, init as RequestInit);
      },
    });
    await Promise.all(Array.from({ length: 5 }, () => client.patients.list({}, { purpose: 'TREAT' })));
    expect(exchanges).toBe(1);
  });

  it('an error of the client says what to do, and nothing of the server', async () => {
    const account = await system.account('nurse');
    const wrong = signIn(system.url, { ...account, password: 'wrong' });
    await expect(wrong).rejects.toBeInstanceOf(SalusError);
    await expect(wrong).rejects.toMatchObject({ code: 'credentials_refused', httpStatus: 401 });
  });
});
