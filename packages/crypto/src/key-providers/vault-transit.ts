// The transit engine of HashiCorp Vault and OpenBao: encrypt and decrypt under a named key of an AEAD type (aes256-gcm96 or
// chacha20-poly1305). The context is `associated_data`; Vault's own `context` derives keys, and needs a key made for that.
import { utf8 } from '../bytes.ts';
import { toBase64 } from '../encoding.ts';
import { KeyProviderError, type KeyProviderErrorCode } from '../errors.ts';
import { at, base64At, textAt } from './answer.ts';
import { contextBytes, envelopeProvider } from './envelope.ts';
import type { KeyProvider } from './interface.ts';
import type { Outside } from './outside.ts';
import { callKeyService, codeOfStatus, type KeyServiceAnswer } from './request.ts';
import type { SecureUrl } from './secure-url.ts';
import { givenToken, keptToken, lifetime, type WithToken } from './token.ts';

export interface VaultTransitSettings {
  /** `https://vault.example:8200`: part of what names the key, so a name that stays. */
  readonly address: SecureUrl;
  /** Where the transit engine is mounted. */
  readonly mount: string;
  readonly key: string;
  readonly namespace?: string | undefined;
  readonly login: { readonly token: string } | { readonly roleId: string; readonly secretId: string };
  /** The address, or where else to reach it. */
  readonly endpoint: SecureUrl;
}

/** What every request bears: Vault's agent can be told to take none without the first. */
type Headers = Readonly<Record<string, string>>;

export function vaultTransitProvider(outside: Outside, settings: VaultTransitSettings): KeyProvider {
  const { address, mount, key, namespace, endpoint } = settings;
  const headers: Headers = {
    'x-vault-request': 'true',
    'content-type': 'application/json',
    ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
  };
  const withToken = tokenOf(outside, settings, headers);

  const call = <T>(
    name: 'encrypt' | 'decrypt',
    parameters: object,
    read: (body: unknown) => T,
    deadline: AbortSignal,
  ): Promise<T> =>
    withToken(deadline, (token) =>
      callKeyService(
        outside,
        deadline,
        () => ({
          url: `${endpoint}/v1/${mount}/${name}/${key}`,
          headers: { ...headers, 'x-vault-token': token },
          body: JSON.stringify(parameters),
        }),
        (answer) => {
          if (answer.status !== 200) throw new KeyProviderError(codeOf(answer, name));
          return read(answer.body);
        },
      ),
    );

  return envelopeProvider(outside, {
    id: `vault-transit:${address}/${namespace === undefined ? '' : `${namespace}/`}${mount}/${key}`,
    encrypt: (wrapping, context, deadline) => {
      const associated_data = toBase64(contextBytes(context));
      const parameters = { plaintext: toBase64(wrapping), associated_data };
      return call('encrypt', parameters, (body) => utf8(ciphertextOf(body)), deadline);
    },
    decrypt: (encrypted, context, deadline) => {
      const ciphertext = new TextDecoder().decode(encrypted);
      if (!CIPHERTEXT.test(ciphertext)) throw new KeyProviderError('unwrap_failed');
      const parameters = { ciphertext, associated_data: toBase64(contextBytes(context)) };
      return call('decrypt', parameters, (body) => base64At(body, 'data', 'plaintext'), deadline);
    },
  });
}

/** `vault:v1:` and Base 64; the number is the version of the key. */
const CIPHERTEXT = /^[a-z]+:v\d+:[A-Za-z0-9+/]+={0,2}$/;

function ciphertextOf(body: unknown): string {
  const ciphertext = textAt(body, 'data', 'ciphertext');
  if (!CIPHERTEXT.test(ciphertext)) throw new KeyProviderError('unavailable');
  return ciphertext;
}

/** A token that was given, or one that AppRole gives. */
function tokenOf(outside: Outside, { login, endpoint }: VaultTransitSettings, headers: Headers): WithToken {
  if ('token' in login) return givenToken(login.token);
  const body = JSON.stringify({ role_id: login.roleId, secret_id: login.secretId });
  return keptToken(outside, (deadline) =>
    callKeyService(
      outside,
      deadline,
      () => ({ url: `${endpoint}/v1/auth/approle/login`, headers, body }),
      (answer) => {
        // Vault says 400 of a role or secret that it does not know.
        if (answer.status === 400) throw new KeyProviderError('denied');
        if (answer.status !== 200) throw new KeyProviderError(codeOfStatus(answer.status));
        return {
          value: textAt(answer.body, 'auth', 'client_token'),
          lasts: lifetime(at(answer.body, 'auth', 'lease_duration')),
        };
      },
    ),
  );
}

/**
 * Vault has no codes: what it says in words is all there is. That a ciphertext does not authenticate has been a 500 since 1.6
 * (hashicorp/vault#10842), which no second try mends; a version below `min_decryption_version` is how it disables one.
 */
function codeOf({ status, body }: KeyServiceAnswer, name: 'encrypt' | 'decrypt'): KeyProviderErrorCode {
  const errors = at(body, 'errors');
  const said = Array.isArray(errors) ? errors.join(' ') : '';
  if (status === 412) return 'unavailable'; // a standby that has not caught up yet
  if (status !== 400 && status !== 500) return codeOfStatus(status);
  if (/message authentication failed/.test(said)) return 'unwrap_failed';
  if (/disallowed by policy/.test(said)) return 'key_disabled';
  if (/key not found/.test(said)) return 'misconfigured';
  return status === 400 && name === 'decrypt' ? 'unwrap_failed' : codeOfStatus(status);
}
