// Google's access token for a service account: a JWT signed with the account's key (RS256) is exchanged at the token endpoint
// (RFC 7523 §2.1), for the scope of Cloud KMS and no more.
import { type Bytes, utf8 } from '../bytes.ts';
import { fromBase64, toBase64Url } from '../encoding.ts';
import type { Outside } from './outside.ts';
import { callKeyService } from './request.ts';
import type { SecureUrl } from './secure-url.ts';
import { accessTokenOf, keptToken, type WithToken } from './token.ts';

/** What the key file of a service account says. */
export interface ServiceAccount {
  readonly email: string;
  readonly keyId: string;
  /** `-----BEGIN PRIVATE KEY-----`: PKCS #8 as text (RFC 7468). */
  readonly privateKey: string;
  readonly tokenUrl: SecureUrl;
}

const SCOPE = 'https://www.googleapis.com/auth/cloudkms';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const HOUR = 3600;
const PEM = /^\s*-----BEGIN PRIVATE KEY-----\s([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*$/;

/** @throws EncodingError or what Web Crypto throws when the private key is none */
export async function serviceAccountToken(outside: Outside, account: ServiceAccount): Promise<WithToken> {
  const { email, keyId, privateKey, tokenUrl } = account;
  const raw = pkcs8Of(privateKey);
  const key = await crypto.subtle.importKey('pkcs8', raw, RS256, false, ['sign']);
  raw.fill(0);
  const header = encoded({ alg: 'RS256', typ: 'JWT', kid: keyId });

  const assertion = async () => {
    const now = Math.floor(outside.now() / 1000);
    const claims = encoded({ iss: email, scope: SCOPE, aud: tokenUrl, iat: now, exp: now + HOUR });
    const signature = await crypto.subtle.sign(RS256, key, utf8(`${header}.${claims}`));
    return `${header}.${claims}.${toBase64Url(new Uint8Array(signature))}`;
  };
  return keptToken(outside, (deadline) =>
    callKeyService(
      outside,
      deadline,
      async () => ({
        url: tokenUrl,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: GRANT, assertion: await assertion() }).toString(),
      }),
      accessTokenOf,
    ),
  );
}

function pkcs8Of(pem: string): Bytes {
  const [, body = ''] = PEM.exec(pem) ?? [];
  return fromBase64(body.replace(/\s/g, ''));
}

function encoded(part: object): string {
  return toBase64Url(utf8(JSON.stringify(part)));
}
