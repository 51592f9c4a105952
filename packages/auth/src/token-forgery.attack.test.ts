// Access tokens as somebody would forge them.
import { toBase64Url, utf8 } from '@salus/crypto';
import { organizationId, sessionId, userId } from '@salus/schema';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { ACCESS_TOKEN_SECONDS, issueAccessToken, verifyAccessToken } from './access-token.ts';
import { AuthError } from './errors.ts';
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

  it('TOK-02: by an algorithm that is not the one allowed is refused, though our key made it', async () => {
    await expect(verify(await signed({ alg: 'Ed25519' }))).rejects.toMatchObject(INVALID);
  });

  it('TOK-04: that brings its own key, or names where to fetch it, is refused', async () => {
    const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    for (const header of [
      { jwk },
      { jku: 'https://evil.example/keys' },
      { x5u: 'https://evil.example/x' },
      { x5c: ['AAAA'] },
      { kid: 'mine' },
    ]) {
      await expect(verify(await signed({ header, key: pair.privateKey }))).rejects.toMatchObject(INVALID);
    }
  });

  it('TOK-04: that demands an extension nobody here knows is refused, though our key signed it', async () => {
    const encode = (part: object) => toBase64Url(utf8(JSON.stringify(part)));
    const [, payload] = token.split('.');
    for (const [header, taken] of [
      [{}, true],
      [{ crit: ['salus'], salus: true }, false],
      [{ crit: [] }, false],
    ] as const) {
      const protectedHeader = encode({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.signing.kid, ...header });
      const input = `${protectedHeader}.${payload}`;
      const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', keys.signing.key, utf8(input)));
      const made = verify(`${input}.${toBase64Url(signature)}`);
      if (taken) expect(await made).toBeInstanceOf(Session);
      else await expect(made).rejects.toMatchObject(INVALID);
    }
  });

  it('TOK-12: holds opaque ids and times, and nothing else', () => {
    const { jti, ...payload } = decodeJwt(token);
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(payload).toEqual({
      sub: claims.userId,
      sid: claims.sessionId,
      org: claims.organizationId,
      role: 'provider',
      auth_time: claims.secondFactorAt,
      iss: ISSUER,
      aud: 'salus',
      iat: NOW / 1000,
      exp: NOW / 1000 + 900,
    });
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.signing.kid });
  });

  it.each([
    ['sub', 'amara'],
    ['sid', 1],
    ['org', '*'],
    ['role', 'root'],
    ['auth_time', '0'],
    ['auth_time', -1],
  ])('with a %s of %j is refused, though our key signed it', async (claim, value) => {
    await expect(verify(await signed({ payload: { [claim]: value } }))).rejects.toMatchObject(INVALID);
  });

  it('that is refused says a code and no more', async () => {
    const error = await verify(await signed({ payload: { iss: 'https://evil.example' } })).catch((e) => e);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ message: 'token_invalid', code: 'token_invalid' });
    expect(error.cause).toBeUndefined();
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
    ).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('TOK-08: that was verified before is not asked for its signature again, and ends no later for it', async () => {
    const once = await signed({ payload: { exp: NOW / 1000 + 86_400 } });
    const checks = vi.spyOn(crypto.subtle, 'verify');
    const first = await verify(once);
    expect(await verify(once, NOW + 899_000)).toBe(first);
    expect(checks).toHaveBeenCalledTimes(1);
    await expect(verify(once, NOW + 906_000)).rejects.toMatchObject({ code: 'token_expired' });
    await expect(verify(once, NOW - 600_000)).rejects.toMatchObject(INVALID);
    await expect(verify(once, NOW, 'https://elsewhere.test')).rejects.toMatchObject(INVALID);
    const others = await importSigningKeys(await newSigningKeys());
    await expect(verifyAccessToken(others, once, { issuer: ISSUER, now: NOW })).rejects.toMatchObject(
      INVALID,
    );
    checks.mockRestore();
  });

  it('that was verified before is one of a thousand', async () => {
    const checks = vi.spyOn(crypto.subtle, 'verify');
    const oldest = await signed({});
    await verify(oldest);
    for (let more = 0; more < 999; more++) await verify(await signed({}));
    await verify(oldest);
    expect(checks).toHaveBeenCalledTimes(1000);
    await verify(await signed({}));
    await verify(oldest);
    expect(checks).toHaveBeenCalledTimes(1002);
    checks.mockRestore();
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

  it('TOK-09: of more than 4 KB is refused, though our key signed it', async () => {
    const short = await signed({ payload: { more: 'x'.repeat(2000) } });
    const long = await signed({ payload: { more: 'x'.repeat(4000) } });
    expect([short.length < 4096, long.length > 4096]).toEqual([true, true]);
    expect(await verify(short)).toBeInstanceOf(Session);
    await expect(verify(long)).rejects.toMatchObject(INVALID);
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

  it('TOK-10: that names no key of the set, or none at all, is refused, though our key signed it', async () => {
    for (const kid of ['retired', '', undefined]) {
      await expect(verify(await signed({ header: { kid } }))).rejects.toMatchObject(INVALID);
    }
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

  it('of which one has the public key of another are none', async () => {
    const [mine, other] = [JSON.parse(text).keys[0], JSON.parse(await newSigningKeys()).keys[0]];
    for (const set of [[{ ...mine, x: other.x }], [mine, { ...other, x: mine.x }], [mine, mine]]) {
      await expect(importSigningKeys(JSON.stringify({ keys: set }))).rejects.toMatchObject({
        code: 'signing_keys_malformed',
      });
    }
    expect((await importSigningKeys(JSON.stringify({ keys: [mine, other] }))).verification.size).toBe(2);
  });

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
