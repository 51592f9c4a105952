import { env } from 'cloudflare:workers';
import { toBase64 } from '@salus/crypto';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, configurationOf, type Env } from './env.ts';

const KMS = {
  SALUS_KEY_PROVIDER: 'aws-kms',
  SALUS_AWS_KEY_ARN: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  SALUS_AWS_ACCESS_KEY_ID: 'AKIATESTSOFSALUS0001',
  SALUS_AWS_SECRET_ACCESS_KEY: 'a-secret-that-is-long',
};

function faults(bindings: Readonly<Record<string, string>>): readonly string[] {
  const bound: Env & Readonly<Record<string, unknown>> = {
    ...env,
    DATABASE_URL: 'postgres://salus_app:word@database.example/salus',
    SALUS_TOKEN_KEYS: '{"keys":[]}',
    ISSUER: 'https://salus.example',
    SALUS_ROOT_KEY: toBase64(crypto.getRandomValues(new Uint8Array(32))),
    ...bindings,
  };
  try {
    configurationOf(bound);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const value of Object.values(bindings).filter(({ length }) => length > 6))
      expect(error.message).not.toContain(value);
    return error.faults;
  }
}

it('a sound configuration has no faults', () => {
  expect(faults({})).toEqual([]);
  expect(faults({ ...KMS, SALUS_ROOT_KEY: '' })).toEqual([]);
});

describe('CRY-11: the Worker does not start with', () => {
  it.each([
    ['no root key', { SALUS_ROOT_KEY: '' }],
    ['a short one', { SALUS_ROOT_KEY: toBase64(new Uint8Array(16).fill(1)) }],
    ['zeros for one', { SALUS_ROOT_KEY: toBase64(new Uint8Array(32)) }],
    ['a placeholder for one', { SALUS_ROOT_KEY: 'replace-me' }],
    ['a text for one', { SALUS_ROOT_KEY: btoa('a development key, of 32 letters') }],
  ])('%s', (_, bindings) => {
    for (const SALUS_ENVIRONMENT of ['production', 'development', 'elsewhere'])
      expect(faults({ ...bindings, SALUS_ENVIRONMENT })).toContain('SALUS_ROOT_KEY');
  });

  it('a key service without TLS, but on the own machine of a developer', () => {
    const SALUS_KEY_ENDPOINT = 'http://127.0.0.1:4566';
    expect(faults({ ...KMS, SALUS_KEY_ENDPOINT })).toEqual(['SALUS_KEY_ENDPOINT']);
    expect(faults({ ...KMS, SALUS_KEY_ENDPOINT, SALUS_ENVIRONMENT: 'development' })).toEqual([]);
    const elsewhere = { SALUS_KEY_ENDPOINT: 'http://kms.clinic.example', SALUS_ENVIRONMENT: 'development' };
    expect(faults({ ...KMS, ...elsewhere })).toEqual(['SALUS_KEY_ENDPOINT']);
  });

  it('half a key service, whose faults stand beside all others', () => {
    expect(faults({ SALUS_KEY_PROVIDER: 'azure-key-vault', LOG_ORIGIN: 'not a host' })).toEqual([
      'SALUS_AZURE_KEY_URL',
      'SALUS_AZURE_TENANT_ID',
      'SALUS_AZURE_CLIENT_ID',
      'SALUS_AZURE_CLIENT_SECRET',
      'LOG_ORIGIN',
    ]);
  });
});

describe('the Worker does not start with a log that it could not sign:', () => {
  it.each([31, 33])('a seed of %d bytes', (length) => {
    const seed = toBase64(crypto.getRandomValues(new Uint8Array(length)));
    expect(faults({ LOG_SIGNING_KEY: seed })).toEqual(['LOG_SIGNING_KEY']);
    expect(faults({ LOG_PREVIOUS_SIGNING_KEY: seed })).toEqual(['LOG_PREVIOUS_SIGNING_KEY']);
  });

  it('a seed with bits that belong to no byte', () => {
    const seed = toBase64(new Uint8Array(32).fill(7)).replace(/.=$/, 'd=');
    expect(faults({ LOG_SIGNING_KEY: seed })).toEqual(['LOG_SIGNING_KEY']);
  });
});
