// The keys of access tokens: a private JWK set (RFC 7517, RFC 8037) of Ed25519 keys. The first signs, all of them verify, so
// that a new key is put first and an old one removed once its last token has ended.
import { utf8 } from '@salus/crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JSONWebKeySet } from 'jose';
import * as z from 'zod';
import { AuthError } from './errors.ts';

const privateKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1).max(64),
  x: z.base64url().length(43),
  d: z.base64url().length(43),
});

const privateKeySet = z.object({ keys: z.array(privateKey).min(1).max(5) });

/** What `importSigningKeys` makes; no private key can be taken out of it. */
export interface TokenKeys {
  readonly signing: { readonly kid: string; readonly key: CryptoKey };
  /** By key id. */
  readonly verification: ReadonlyMap<string, CryptoKey>;
  readonly published: JSONWebKeySet;
}

/** @param json the text of SALUS_TOKEN_KEYS. @throws AuthError `signing_keys_malformed` */
export async function importSigningKeys(json: string): Promise<TokenKeys> {
  const keys = parse(json);
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length) {
    throw new AuthError('signing_keys_malformed');
  }
  const [signing, ...before] = await pairsOf(keys);
  if (!signing) throw new AuthError('signing_keys_malformed');
  const pairs = [signing, ...before];
  return {
    signing: { kid: signing.published.kid, key: signing.privateKey },
    verification: new Map(pairs.map(({ published, publicKey }) => [published.kid, publicKey])),
    published: { keys: pairs.map(({ published }) => published) },
  };
}

/** A new key set, as the text of SALUS_TOKEN_KEYS. */
export async function newSigningKeys(): Promise<string> {
  const { privateKey: key } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(key);
  return JSON.stringify({ keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) }] });
}

/** For `/.well-known/jwks.json`: public members alone. */
export function publicKeySet({ published }: TokenKeys): JSONWebKeySet {
  return published;
}

function parse(json: string): z.output<typeof privateKey>[] {
  try {
    return privateKeySet.parse(JSON.parse(json)).keys;
  } catch {
    throw new AuthError('signing_keys_malformed');
  }
}

/** Without a dot, so that its signature is the signature of no token. */
const PROBE = utf8('salus/signing-key-check/v1');

async function pairsOf(keys: readonly z.output<typeof privateKey>[]) {
  try {
    return await Promise.all(keys.map(pairOf));
  } catch {
    throw new AuthError('signing_keys_malformed');
  }
}

/** Node refuses a private key that has the public key of another; workerd takes it, and every token of it would be refused. */
async function pairOf(jwk: z.output<typeof privateKey>) {
  const { kty, crv, kid, x } = jwk;
  const published = { kty, crv, kid, x, alg: 'EdDSA', use: 'sig' };
  const [privateKey, publicKey] = await Promise.all([imported(jwk), imported(published)]);
  const signature = await crypto.subtle.sign('Ed25519', privateKey, PROBE);
  if (!(await crypto.subtle.verify('Ed25519', publicKey, signature, PROBE))) {
    throw new AuthError('signing_keys_malformed');
  }
  return { privateKey, publicKey, published };
}

async function imported(jwk: Parameters<typeof importJWK>[0]): Promise<CryptoKey> {
  const key = await importJWK(jwk, 'EdDSA', { extractable: false });
  if (key instanceof Uint8Array) throw new AuthError('signing_keys_malformed');
  return key;
}
