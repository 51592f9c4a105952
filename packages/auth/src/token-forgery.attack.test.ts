// Access tokens as somebody would forge them.
import { organizationId, sessionId, userId } from '@salus/schema';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ACCESS_TOKEN_SECONDS, issueAccessToken, verifyAccessToken } from './access-token.ts';
import { Session } from './session.ts';
import { importSigningKeys, newSigningKeys, publicKeySet } from './signing-keys.ts';

const ISSUER = 'https://salus.test';
const NOW = 1_795_000_000_000;
const text = await newSigningKeys();
const keys = await importSigningKeys(text);
const claims = {
  userId: userId.parse('018f4e2a-7d31-7c55-9b1e-5a0f3c2d1e01'),
  sessionId: sessionId.parse('018f4e2a-7d31-7c55-9b1e-5a0f3c2d1e02'),
  organizationId: organizationId.parse('018f4e2a-7d31-7c55-9b1e-5a0f3c2d1e03'),
  role: 'provider',
  secondFactorAt: NOW / 1000 - 60,
} as const;
const token = await issueAccessToken(keys, claims, { issuer: ISSUER, now: NOW });
const verify = (given: string, now = NOW, issuer = ISSUER) => verifyAccessToken(keys, given, { issuer, now });
const INVALID = { code: 'token_invalid' };

/** A token of our key, with something about it changed. */
async function signed(more: {
  header?: object;
  payload?: object;
  key?: CryptoKey;
  alg?: string;
}): Promise<string> {
  const iat = NOW / 1000;
  const payload = {
    ...{
      sub: claims.userId,
      sid: claims.sessionId,
      org: claims.organizationId,
      role: 'provider',
      auth_time: iat,
    },
    ...{ iss: ISSUER, aud: 'salus', jti: crypto.randomUUID(), iat, exp: iat + 900, ...more.payload },
  };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: more.alg ?? 'EdDSA', typ: 'at+jwt', kid: keys.signing.kid, ...more.header })
    .sign(more.key ?? keys.signing.key);
}

describe('an access token', () => {
  it('that was issued here says who is calling', async () => {
    expect({ ...(await verify(token)) }).toEqual(claims);
    expect({ ...(await verify(await signed({}))) }).toMatchObject({ role: 'provider' });
  });

  it('TOK-01: without a signature, or with alg none however it is spelled, is refused', async () => {
    const [, payload] = token.split('.');
    for (const alg of ['none', 'None', 'nOnE', 'NONE']) {
      const header = btoa(JSON.stringify({ alg, typ: 'at+jwt', kid: keys.signing.kid })).replaceAll('=', '');
      await expect(verify(`${header}.${payload}.`)).rejects.toMatchObject(INVALID);
      await expect(verify(`${header}.${payload}.AAAA`)).rejects.toMatchObject(INVALID);
    }
  });

  it('TOK-02: by HMAC with the public key as its secret is refused', async () => {
    const [jwk] = publicKeySet(keys).keys;
    const secret = new TextEncoder().encode(JSON.stringify(jwk));
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]);
    await expect(verify(await signed({ key, alg: 'HS256' }))).rejects.toMatchObject(INVALID);
  });

  it('TOK-04: that brings its own key, or names where to fetch it, is refused', async () => {
    const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    for (const header of [
      { jwk },
      { jku: 'https://evil.example/keys' },
      { x5u: 'https://evil.example/x' },
      { kid: 'mine' },
    ]) {
      await expect(verify(await signed({ header, key: pair.privateKey }))).rejects.toMatchObject(INVALID);
    }
  });

  it('TOK-06: of another issuer, audience or type is refused', async () => {
    for (const more of [
      { payload: { iss: 'https://staging.salus.test' } },
      { payload: { aud: 'other' } },
      { header: { typ: 'JWT' } },
    ]) {
      await expect(verify(await signed(more))).rejects.toMatchObject(INVALID);
    }
    await expect(verify(token, NOW, 'https://other.test')).rejects.toMatchObject(INVALID);
  });

  it.each(['sub', 'sid', 'org', 'role', 'auth_time', 'jti', 'iat', 'exp'])(
    'without %s is refused',
    async (claim) => {
      await expect(verify(await signed({ payload: { [claim]: undefined } }))).rejects.toMatchObject(INVALID);
    },
  );

  it('TOK-08: ends after fifteen minutes and five seconds, and is not valid long before its time', async () => {
    const end = NOW + ACCESS_TOKEN_SECONDS * 1000;
    await verify(token, end + 4000);
    await expect(verify(token, end + 6000)).rejects.toMatchObject({ code: 'token_expired' });
    await expect(verify(token, NOW - 600_000)).rejects.toMatchObject(INVALID);
    await expect(
      verify(await signed({ payload: { exp: NOW / 1000 + 86_400, iat: NOW / 1000 - 3600 } })),
    ).rejects.toThrow();
  });

  it('TOK-09: spelled in another way, or very long, is refused', async () => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const other of [
      `${token}.`,
      `${token}=`,
      ` ${token}`,
      `${header}.${payload}`,
      `${header}.${payload}.${signature}AA`,
      `${header}.${payload}.${signature.slice(0, -1)}${nextLetter(signature)}`,
      'x'.repeat(100_000),
      '',
    ]) {
      await expect(verify(other)).rejects.toMatchObject(INVALID);
    }
  });

  it('TOK-10: of the key before is taken while it is in the set, and refused afterwards', async () => {
    const next = JSON.parse(await newSigningKeys());
    const both = await importSigningKeys(JSON.stringify({ keys: [...next.keys, ...JSON.parse(text).keys] }));
    const alone = await importSigningKeys(JSON.stringify(next));
    const at = { issuer: ISSUER, now: NOW };
    expect(await verifyAccessToken(both, token, at)).toBeInstanceOf(Session);
    await expect(verifyAccessToken(alone, token, at)).rejects.toMatchObject(INVALID);
    await expect(verify(await issueAccessToken(both, claims, at))).rejects.toMatchObject(INVALID);
  });

  it('a session is made by verification alone', () => {
    expect(() => new Session(Symbol('mint') as never, claims)).toThrow(TypeError);
  });
});

describe('the signing keys', () => {
  it.each(['', '{}', '{"keys":[]}', '{"keys":[{"kty":"oct","k":"AAAA","kid":"1"}]}', '[]', 'x'])(
    '%j are none',
    async (json) => {
      await expect(importSigningKeys(json)).rejects.toMatchObject({ code: 'signing_keys_malformed' });
    },
  );

  it('are published without what is private, and cannot be taken out of the runtime', async () => {
    expect(publicKeySet(keys).keys.flatMap((key) => Object.keys(key))).not.toContain('d');
    await expect(crypto.subtle.exportKey('jwk', keys.signing.key)).rejects.toThrow();
    expect(await importJWK(publicKeySet(keys).keys[0] ?? {}, 'EdDSA')).toBeDefined();
  });
});

/** Another last letter with the same bytes: the unused bits differ. */
function nextLetter(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(part.at(-1) ?? '') + 1] ?? 'A';
}
