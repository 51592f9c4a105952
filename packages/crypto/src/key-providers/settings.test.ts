import { describe, expect, it } from 'vitest';
import { toBase64 } from '../encoding.ts';
import { KeyConfigurationError } from '../errors.ts';
import { randomBytes } from '../random.ts';
import { keyProvidersOf } from './configured.ts';
import { keySettingsOf } from './settings.ts';

const ROOT_KEY = toBase64(randomBytes(32));
const AWS = {
  SALUS_KEY_PROVIDER: 'aws-kms',
  SALUS_AWS_KEY_ARN: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  SALUS_AWS_ACCESS_KEY_ID: 'AKIATESTSOFSALUS0001',
  SALUS_AWS_SECRET_ACCESS_KEY: 'a-secret-that-is-long',
};
const GOOGLE = {
  SALUS_KEY_PROVIDER: 'google-cloud-kms',
  SALUS_GOOGLE_KEY_NAME: 'projects/p-1/locations/global/keyRings/salus/cryptoKeys/root',
  SALUS_GOOGLE_ACCESS_TOKEN: 'ya29.token',
};
const ACCOUNT = {
  client_email: 'salus@p-1.iam.gserviceaccount.com',
  private_key_id: 'abc',
  private_key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  token_uri: 'https://oauth2.googleapis.com/token',
};
const AZURE = {
  SALUS_KEY_PROVIDER: 'azure-key-vault',
  SALUS_AZURE_KEY_URL: 'https://clinic.vault.azure.net/keys/root',
  SALUS_AZURE_TENANT_ID: 'clinic.onmicrosoft.com',
  SALUS_AZURE_CLIENT_ID: '66666666-7777-4888-8999-000000000000',
  SALUS_AZURE_CLIENT_SECRET: 'a~secret.that-is_long',
};
const VAULT = {
  SALUS_KEY_PROVIDER: 'vault-transit',
  SALUS_VAULT_ADDRESS: 'https://vault.clinic.example:8200/',
  SALUS_VAULT_KEY: 'root',
  SALUS_VAULT_TOKEN: 'hvs.token',
};

const settings = (variables: Record<string, unknown>, loopback = false) =>
  keySettingsOf(variables, { loopback });

function faults(variables: Record<string, unknown>, loopback = false): readonly string[] {
  try {
    settings(variables, loopback);
    return [];
  } catch (error) {
    if (!(error instanceof KeyConfigurationError)) throw error;
    expect(error.code).toBe('misconfigured');
    for (const value of Object.values(variables))
      if (typeof value === 'string' && value.length > 6) expect(error.message).not.toContain(value);
    return error.faults;
  }
}

const without = (variables: Record<string, string>, name: string) => ({ ...variables, [name]: '' });

describe('the variables of a key provider', () => {
  it('name the local root key when they name nothing else', async () => {
    const { first } = await keyProvidersOf(settings({ SALUS_ROOT_KEY: ROOT_KEY }));
    expect(first.id).toMatch(/^local:/);
  });

  it.each([
    [
      'aws-kms',
      AWS,
      'aws-kms:arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ],
    [
      'google-cloud-kms',
      GOOGLE,
      'google-cloud-kms:projects/p-1/locations/global/keyRings/salus/cryptoKeys/root',
    ],
    ['azure-key-vault', AZURE, 'azure-key-vault:https://clinic.vault.azure.net/keys/root'],
    ['vault-transit', VAULT, 'vault-transit:https://vault.clinic.example:8200/transit/root'],
  ])('name %s, and lack nothing, each of them', async (_, variables, id) => {
    expect((await keyProvidersOf(settings(variables))).first.id).toBe(id);
    for (const name of Object.keys(variables)) {
      if (name === 'SALUS_KEY_PROVIDER') continue;
      const missing = faults(without(variables, name));
      const login = /TOKEN/.test(name); // there is another way to sign in, which lacks everything
      expect(missing, name).toEqual(login ? expect.arrayContaining([]) : [name]);
      expect(missing.length, name).toBeGreaterThan(0);
    }
  });

  it('are all named at once when they are wrong', () => {
    expect(faults({})).toEqual(['SALUS_ROOT_KEY']);
    expect(faults({ SALUS_KEY_PROVIDER: 'aws-kms', SALUS_PREVIOUS_ROOT_KEY: 'changeme' })).toEqual([
      'SALUS_AWS_KEY_ARN',
      'SALUS_AWS_ACCESS_KEY_ID',
      'SALUS_AWS_SECRET_ACCESS_KEY',
      'SALUS_PREVIOUS_ROOT_KEY',
    ]);
    for (const SALUS_KEY_PROVIDER of ['kms', 'LOCAL', 'toString', '__proto__'])
      expect(faults({ SALUS_KEY_PROVIDER, SALUS_ROOT_KEY: ROOT_KEY })).toEqual(['SALUS_KEY_PROVIDER']);
    expect(faults({ SALUS_ROOT_KEY: 5 })).toEqual(['SALUS_ROOT_KEY']);
  });

  it.each([
    [
      'an alias, which can be pointed at another key',
      AWS,
      'SALUS_AWS_KEY_ARN',
      'arn:aws:kms:eu-central-1:111122223333:alias/salus',
    ],
    ['a key without its region', AWS, 'SALUS_AWS_KEY_ARN', '1234abcd-12ab-34cd-56ef-1234567890ab'],
    ['AWS’s example secret', AWS, 'SALUS_AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
    ['a secret with a line break', AWS, 'SALUS_AWS_SECRET_ACCESS_KEY', 'a-secret-that\nis-long'],
    [
      'one version of a key',
      GOOGLE,
      'SALUS_GOOGLE_KEY_NAME',
      `${GOOGLE.SALUS_GOOGLE_KEY_NAME}/cryptoKeyVersions/1`,
    ],
    [
      'a path that leaves its key ring',
      GOOGLE,
      'SALUS_GOOGLE_KEY_NAME',
      'projects/p/locations/l/keyRings/../cryptoKeys/k',
    ],
    [
      'a version of a key',
      AZURE,
      'SALUS_AZURE_KEY_URL',
      `${AZURE.SALUS_AZURE_KEY_URL}/0123456789abcdef0123456789abcdef`,
    ],
    [
      'a vault of somebody else’s domain',
      AZURE,
      'SALUS_AZURE_KEY_URL',
      'https://clinic.vault.azure.net.evil.test/keys/root',
    ],
    ['a placeholder', AZURE, 'SALUS_AZURE_CLIENT_SECRET', '<client-secret>'],
    ['a path in a key’s name', VAULT, 'SALUS_VAULT_KEY', '../sys/seal'],
    ['plain HTTP', VAULT, 'SALUS_VAULT_ADDRESS', 'http://vault.clinic.example:8200'],
    ['credentials in an address', VAULT, 'SALUS_VAULT_ADDRESS', 'https://user:word@vault.clinic.example'],
  ])('do not take %s', (_, variables, name, value) => {
    expect(faults({ ...variables, [name]: value })).toEqual([name]);
  });

  it('name the provider that another has taken over from', async () => {
    const providers = await keyProvidersOf(settings({ ...AWS, SALUS_PREVIOUS_ROOT_KEY: ROOT_KEY }));
    const local = await keyProvidersOf(settings({ SALUS_ROOT_KEY: ROOT_KEY }));
    expect(providers.first.id).toMatch(/^aws-kms:/);
    expect(providers.of(local.first.id).id).toBe(local.first.id);
    const previous = Object.entries(VAULT).map(([name, value]) => [
      name.replace('SALUS_', 'SALUS_PREVIOUS_'),
      value,
    ]);
    const two = await keyProvidersOf(settings({ ...AWS, ...Object.fromEntries(previous) }));
    expect(two.of('vault-transit:https://vault.clinic.example:8200/transit/root').id).toMatch(
      /^vault-transit:/,
    );
  });
});

describe('where a key service is reached', () => {
  it.each([
    ['http://kms.clinic.example', false, false],
    ['http://kms.clinic.example', true, false],
    ['http://127.0.0.1:4566', false, false],
    ['http://127.0.0.1:4566', true, true],
    ['http://localhost:4566', true, true],
    ['http://127.0.0.1.evil.test', true, false],
    ['http://[::1]:4566', true, true],
    ['https://kms-fips.us-gov-west-1.amazonaws.com', false, true],
    ['https://kms.example/?x=', false, false],
    ['ftp://127.0.0.1', true, false],
    ['file:///etc/passwd', true, false],
    ['nonsense', true, false],
  ])('%s, where a developer allows the own machine (%o): %o', (SALUS_KEY_ENDPOINT, loopback, sound) => {
    expect(faults({ ...AWS, SALUS_KEY_ENDPOINT }, loopback)).toEqual(sound ? [] : ['SALUS_KEY_ENDPOINT']);
  });

  it.each([
    ['eu-central-1', 'https://kms.eu-central-1.amazonaws.com'],
    ['us-gov-west-1', 'https://kms.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'https://kms.cn-north-1.amazonaws.com.cn'],
  ])('of AWS follows from the region %s', (region, endpoint) => {
    const partition = { u: 'aws-us-gov', c: 'aws-cn', e: 'aws' }[region[0] ?? ''];
    const SALUS_AWS_KEY_ARN = `arn:${partition}:kms:${region}:111122223333:key/1234abcd`;
    expect(settings({ ...AWS, SALUS_AWS_KEY_ARN })).toMatchObject({ first: { kms: { endpoint } } });
  });
});

describe('the service account of Google', () => {
  const variables = (account: unknown) => ({
    ...GOOGLE,
    SALUS_GOOGLE_ACCESS_TOKEN: '',
    SALUS_GOOGLE_SERVICE_ACCOUNT: typeof account === 'string' ? account : JSON.stringify(account),
  });

  it.each([
    ['no JSON', '{"client_email":'],
    ['not an object', '7'],
    ['without a key', { ...ACCOUNT, private_key: undefined }],
    ['with a token endpoint without TLS', { ...ACCOUNT, token_uri: 'http://oauth2.googleapis.com/token' }],
    ['with no token endpoint', { ...ACCOUNT, token_uri: '' }],
  ])('%s is a fault', (_, account) => {
    expect(faults(variables(account))).toEqual(['SALUS_GOOGLE_SERVICE_ACCOUNT']);
  });

  it.each(['AAAA', 'not Base 64', ''])('whose key is none (%s) is one, too', async (body) => {
    const private_key = `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`;
    await expect(keyProvidersOf(settings(variables({ ...ACCOUNT, private_key })))).rejects.toStrictEqual(
      new KeyConfigurationError(['SALUS_GOOGLE_SERVICE_ACCOUNT']),
    );
  });
});
