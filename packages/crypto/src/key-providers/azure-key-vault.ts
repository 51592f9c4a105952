// Azure Key Vault and Managed HSM (REST 7.4): wrapKey and unwrapKey under an RSA key, RSA-OAEP-256. RSA binds no context: what
// binds it here is the seal under the wrapped key, whose additional data the context is (envelope.ts). The version of the
// key is kept with what it wrapped, because only that version unwraps it.
import { type Bytes, concat } from '../bytes.ts';
import { fromBase64Url, fromHex, toBase64Url, toHex } from '../encoding.ts';
import { KeyProviderError, type KeyProviderErrorCode } from '../errors.ts';
import { at, decoded, textAt } from './answer.ts';
import { envelopeProvider } from './envelope.ts';
import type { KeyProvider } from './interface.ts';
import type { Outside } from './outside.ts';
import { callKeyService, codeOfStatus, type KeyServiceAnswer } from './request.ts';
import type { SecureUrl } from './secure-url.ts';
import { accessTokenOf, keptToken, type WithToken } from './token.ts';

export interface AzureKeyVaultSettings {
  /** `https://<vault>.vault.azure.net/keys/<name>`, without a version: what is new is wrapped by the current one. */
  readonly keyUrl: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The vault's own origin, or where else to reach it. */
  readonly endpoint: SecureUrl;
  /** `https://login.microsoftonline.com`, or that of a national cloud. */
  readonly authority: SecureUrl;
}

export const AZURE_KEY_URL =
  /^https:\/\/[A-Za-z0-9-]+\.(vault\.azure\.net|vault\.azure\.cn|vault\.usgovcloudapi\.net|managedhsm\.azure\.net)\/keys\/[A-Za-z0-9-]+$/;

const ALGORITHM = 'RSA-OAEP-256';
const API_VERSION = '7.4';
const VERSION = /^[0-9a-f]{32}$/;
const VERSION_BYTES = 16;

export function azureKeyVaultProvider(outside: Outside, settings: AzureKeyVaultSettings): KeyProvider {
  const { keyUrl, endpoint } = settings;
  const path = new URL(keyUrl).pathname.slice(1);
  const withToken = clientToken(outside, settings);

  const call = (
    name: 'wrapkey' | 'unwrapkey',
    key: string,
    value: Bytes,
    deadline: AbortSignal,
  ): Promise<{ version: string; value: Bytes }> =>
    withToken(deadline, (token) =>
      callKeyService(
        outside,
        deadline,
        () => ({
          url: `${endpoint}/${key}/${name}?api-version=${API_VERSION}`,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ alg: ALGORITHM, value: toBase64Url(value) }),
        }),
        (answer) => {
          if (answer.status !== 200) throw new KeyProviderError(codeOf(answer, name));
          return { version: versionOf(answer.body, keyUrl), value: keyOf(answer.body) };
        },
      ),
    );

  return envelopeProvider(outside, {
    id: `azure-key-vault:${keyUrl}`,
    async encrypt(key, _, deadline) {
      const { version, value } = await call('wrapkey', path, key, deadline);
      return concat(fromHex(version), value);
    },
    async decrypt(encrypted, _, deadline) {
      const version = toHex(encrypted.subarray(0, VERSION_BYTES));
      if (!VERSION.test(version)) throw new KeyProviderError('unwrap_failed');
      const wrapped = encrypted.subarray(VERSION_BYTES);
      const { value } = await call('unwrapkey', `${path}/${version}`, wrapped, deadline);
      return value;
    },
  });
}

function keyOf(body: unknown): Bytes {
  return decoded(textAt(body, 'value'), fromBase64Url);
}

/** From `kid`, which must be of the key that was asked. */
function versionOf(body: unknown, keyUrl: string): string {
  const kid = textAt(body, 'kid');
  const version = kid.slice(keyUrl.length + 1);
  if (kid.toLowerCase() !== `${keyUrl}/${version}`.toLowerCase() || !VERSION.test(version))
    throw new KeyProviderError('unavailable');
  return version;
}

/** Client credentials (RFC 6749 §4.4). The vault's domain names the scope. */
function clientToken(outside: Outside, settings: AzureKeyVaultSettings): WithToken {
  const { keyUrl, tenantId, clientId, clientSecret, authority } = settings;
  const domain = new URL(keyUrl).hostname.replace(/^[^.]+\./, '');
  const body = new URLSearchParams({
    client_id: clientId,
    client_secret: clientSecret,
    scope: `https://${domain}/.default`,
    grant_type: 'client_credentials',
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const url = `${authority}/${tenantId}/oauth2/v2.0/token` as const;
  return keptToken(outside, (deadline) =>
    callKeyService(outside, deadline, () => ({ url, headers, body }), accessTokenOf),
  );
}

/** Key Vault says `Forbidden` for both: that the caller may not, and that the key is disabled, over or not begun. */
function codeOf({ status, body }: KeyServiceAnswer, name: 'wrapkey' | 'unwrapkey'): KeyProviderErrorCode {
  const inner = at(body, 'error', 'innererror', 'code') ?? at(body, 'error', 'innerError', 'code');
  if (status === 403 && typeof inner === 'string' && /^Key(Disabled|Expired|NotYetValid)$/.test(inner))
    return 'key_disabled';
  // Of a version that this key never had, Key Vault says that it is not found.
  const notOurs = name === 'unwrapkey' && (status === 400 || status === 404);
  return notOurs ? 'unwrap_failed' : codeOfStatus(status);
}
