// The key providers that a deployment's settings name.
import { KeyConfigurationError } from '../errors.ts';
import { awsKmsProvider } from './aws-kms.ts';
import { azureKeyVaultProvider } from './azure-key-vault.ts';
import { type GoogleLogin, googleCloudKmsProvider } from './google-cloud-kms.ts';
import { serviceAccountToken } from './google-token.ts';
import { type KeyProvider, type KeyProviders, keyProviders } from './interface.ts';
import { localKeyProvider } from './local.ts';
import { type Outside, outside as real } from './outside.ts';
import type { KeyProviderSettings, KeySettings } from './settings.ts';
import { givenToken } from './token.ts';
import { vaultTransitProvider } from './vault-transit.ts';

/** @throws KeyConfigurationError when the key of a service account is none */
export async function keyProvidersOf(
  { first, previous }: KeySettings,
  outside: Outside = real,
): Promise<KeyProviders> {
  const provider = await providerOf(first, outside, 'SALUS_');
  return previous
    ? keyProviders(provider, await providerOf(previous, outside, 'SALUS_PREVIOUS_'))
    : keyProviders(provider);
}

async function providerOf(
  settings: KeyProviderSettings,
  outside: Outside,
  prefix: string,
): Promise<KeyProvider> {
  switch (settings.provider) {
    case 'local':
      return localKeyProvider(settings.rootKey);
    case 'aws-kms':
      return awsKmsProvider(outside, settings.kms);
    case 'azure-key-vault':
      return azureKeyVaultProvider(outside, settings.vault);
    case 'vault-transit':
      return vaultTransitProvider(outside, settings.transit);
    case 'google-cloud-kms':
      return googleCloudKmsProvider(
        outside,
        settings.kms,
        await googleToken(settings.login, outside, prefix),
      );
  }
}

async function googleToken(login: GoogleLogin, outside: Outside, prefix: string) {
  if ('token' in login) return givenToken(login.token);
  try {
    return await serviceAccountToken(outside, login.account);
  } catch {
    throw new KeyConfigurationError([`${prefix}GOOGLE_SERVICE_ACCOUNT`]);
  }
}
