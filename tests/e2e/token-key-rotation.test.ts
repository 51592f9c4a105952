// The keys of access tokens are replaced as docs/keys.md says: with time, and at once.
import { newSigningKeys } from '@salus/auth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SignedIn, type System, signIn, startSystem } from '../harness/system.ts';

let system: System;
let before: string;
beforeAll(async () => {
  before = await newSigningKeys();
  system = await startSystem({ bindings: { SALUS_TOKEN_KEYS: before } });
});
afterAll(() => system.stop());

const keysIn = (set: string): { kid: string }[] => JSON.parse(set).keys;
const read = ({ headers }: Pick<SignedIn, 'headers'>) =>
  system.post('/trpc/patients.list', {}, { ...headers(), 'purpose-of-use': 'TREAT' });

async function somebody(): Promise<SignedIn & { refreshed: () => Promise<Pick<SignedIn, 'headers'>> }> {
  let refreshToken = '';
  const signedIn = await signIn(system.url, await system.account('provider'), {
    onTokens: (tokens) => {
      refreshToken = tokens?.refreshToken ?? '';
    },
  });
  return {
    ...signedIn,
    async refreshed() {
      const answer = await system.post('/trpc/auth.refresh', { refreshToken });
      const { result } = (await answer.json()) as { result: { data: { accessToken: string } } };
      return { headers: () => ({ authorization: `Bearer ${result.data.accessToken}` }) };
    },
  };
}

describe('a new key of access tokens', () => {
  it('put first signs, and tokens of before are taken for as long as theirs is there', async () => {
    const user = await somebody();
    const both = { keys: [...keysIn(await newSigningKeys()), ...keysIn(before)] };
    await system.restartWorker({ SALUS_TOKEN_KEYS: JSON.stringify(both) });
    expect((await read(user)).status).toBe(200);
    const renewed = await user.refreshed();
    const [header = ''] = (renewed.headers().authorization ?? '').replace('Bearer ', '').split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString()).kid).toBe(both.keys[0]?.kid);
    expect((await read(renewed)).status).toBe(200);
  });

  it('alone refuses tokens of before at once, and the session goes on by its refresh token', async () => {
    await system.restartWorker({ SALUS_TOKEN_KEYS: before });
    const user = await somebody();
    await system.restartWorker({ SALUS_TOKEN_KEYS: await newSigningKeys() });
    expect((await read(user)).status).toBe(401);
    expect(await user.client.patients.list({}, { purpose: 'TREAT' })).toMatchObject({ nextCursor: null });
    expect((await read(await user.refreshed())).status).toBe(200);
  });
});
