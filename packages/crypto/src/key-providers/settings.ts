// Which key providers a deployment has, read off its variables. Faults are listed by name, all at once, and never with a
// value. A provider that another has taken over from stands in the same variables with SALUS_PREVIOUS_ for SALUS_, and
// goes on unwrapping until nothing is left that it wrapped.
import { KeyConfigurationError } from '../errors.ts';
import { AWS_KEY_ARN, type AwsKmsSettings } from './aws-kms.ts';
import { AZURE_KEY_URL, type AzureKeyVaultSettings } from './azure-key-vault.ts';
import { GOOGLE_KEY_NAME, type GoogleCloudKmsSettings, type GoogleLogin } from './google-cloud-kms.ts';
import { isRootKey } from './local.ts';
import {
  credential,
  matching,
  type Reader,
  readerOf,
  serviceAccount,
  type Variables,
  whole,
} from './variables.ts';
import type { VaultTransitSettings } from './vault-transit.ts';

export type KeyProviderSettings =
  | { readonly provider: 'local'; readonly rootKey: string }
  | { readonly provider: 'aws-kms'; readonly kms: AwsKmsSettings }
  | {
      readonly provider: 'google-cloud-kms';
      readonly kms: GoogleCloudKmsSettings;
      readonly login: GoogleLogin;
    }
  | { readonly provider: 'azure-key-vault'; readonly vault: AzureKeyVaultSettings }
  | { readonly provider: 'vault-transit'; readonly transit: VaultTransitSettings };

export interface KeySettings {
  readonly first: KeyProviderSettings;
  readonly previous: KeyProviderSettings | null;
}

export interface KeySettingsOptions {
  /** Whether a key service may be reached over plain HTTP on this machine: in development alone. */
  readonly loopback: boolean;
}

/** @throws KeyConfigurationError */
export function keySettingsOf(variables: Variables, { loopback }: KeySettingsOptions): KeySettings {
  const faults: string[] = [];
  const settings = (prefix: string) => providerOf(readerOf(variables, prefix, loopback, faults));
  const first = settings('SALUS_');
  const replaced = variables.SALUS_PREVIOUS_KEY_PROVIDER || variables.SALUS_PREVIOUS_ROOT_KEY;
  const previous = replaced ? settings('SALUS_PREVIOUS_') : null;
  if (!first || faults.length > 0) throw new KeyConfigurationError(faults);
  return { first, previous };
}

const PROVIDERS: Readonly<Record<string, (reader: Reader) => KeyProviderSettings | null>> = {
  local,
  'aws-kms': awsKms,
  'google-cloud-kms': googleCloudKms,
  'azure-key-vault': azureKeyVault,
  'vault-transit': vaultTransit,
};

function providerOf(reader: Reader): KeyProviderSettings | null {
  const name = reader.optional(
    'KEY_PROVIDER',
    (text) => (Object.hasOwn(PROVIDERS, text) ? text : null),
    'local',
  );
  return (name !== null && PROVIDERS[name]?.(reader)) || null;
}

function local({ required }: Reader): KeyProviderSettings | null {
  const rootKey = required('ROOT_KEY', (text) => (isRootKey(text) ? text : null));
  return rootKey === null ? null : { provider: 'local', rootKey };
}

function awsKms({ required, optional, endpoint }: Reader): KeyProviderSettings | null {
  const keyArn = required('AWS_KEY_ARN', matching(AWS_KEY_ARN));
  const [, , , region = ''] = keyArn?.split(':') ?? [];
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const credentials = whole({
    accessKeyId: required('AWS_ACCESS_KEY_ID', credential),
    secretAccessKey: required('AWS_SECRET_ACCESS_KEY', credential),
    sessionToken: optional('AWS_SESSION_TOKEN', credential, undefined),
  });
  const kms = whole({ keyArn, credentials, endpoint: endpoint(`https://kms.${region}.${domain}`) });
  return kms && { provider: 'aws-kms', kms };
}

function googleCloudKms(reader: Reader): KeyProviderSettings | null {
  const { required, endpoint } = reader;
  const kms = whole({
    keyName: required('GOOGLE_KEY_NAME', matching(GOOGLE_KEY_NAME)),
    endpoint: endpoint('https://cloudkms.googleapis.com'),
  });
  const login = googleLogin(reader);
  return kms && login && { provider: 'google-cloud-kms', kms, login };
}

function googleLogin({ required, has, url }: Reader): GoogleLogin | null {
  if (has('GOOGLE_ACCESS_TOKEN')) return whole({ token: required('GOOGLE_ACCESS_TOKEN', credential) });
  return whole({ account: required('GOOGLE_SERVICE_ACCOUNT', (text) => serviceAccount(text, url)) });
}

function azureKeyVault({ required, optional, url, endpoint }: Reader): KeyProviderSettings | null {
  const keyUrl = required('AZURE_KEY_URL', matching(AZURE_KEY_URL));
  const vault = whole({
    keyUrl,
    tenantId: required('AZURE_TENANT_ID', matching(/^[A-Za-z0-9.-]+$/)),
    clientId: required('AZURE_CLIENT_ID', matching(/^[0-9A-Fa-f-]{36}$/)),
    clientSecret: required('AZURE_CLIENT_SECRET', credential),
    endpoint: endpoint(keyUrl === null ? '' : new URL(keyUrl).origin),
    authority: optional('AZURE_AUTHORITY', url, url('https://login.microsoftonline.com')),
  });
  return vault && { provider: 'azure-key-vault', vault };
}

const PATH = /^[\w-]+(\/[\w-]+)*$/;

function vaultTransit({ required, optional, has, url, endpoint }: Reader): KeyProviderSettings | null {
  const address = required('VAULT_ADDRESS', url);
  const login = has('VAULT_TOKEN')
    ? whole({ token: required('VAULT_TOKEN', credential) })
    : whole({
        roleId: required('VAULT_ROLE_ID', credential),
        secretId: required('VAULT_SECRET_ID', credential),
      });
  const transit = whole({
    address,
    mount: optional('VAULT_MOUNT', matching(PATH), 'transit'),
    key: required('VAULT_KEY', matching(/^\w[\w.-]*$/)),
    namespace: optional('VAULT_NAMESPACE', matching(PATH), undefined),
    login,
    endpoint: endpoint(address ?? ''),
  });
  return transit && { provider: 'vault-transit', transit };
}
