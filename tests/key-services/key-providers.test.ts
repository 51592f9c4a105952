// What is one key service's own: clocks, checksums, versions of keys, tokens that end.
import { type KeyProvider, KeyProviderError } from '@salus/crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startAwsKms } from './aws-kms.ts';
import { startAzureKeyVault } from './azure-key-vault.ts';
import { startGoogleCloudKms } from './google-cloud-kms.ts';
import type { KeyService } from './key-service.ts';
import { providerOf as provider } from './runtimes.ts';
import { startVaultTransit } from './vault-transit.ts';

const CONTEXT = { organization: '3f0c8f9e-0000-4000-8000-000000000001', version: 3 };
const random = () => crypto.getRandomValues(new Uint8Array(32));

async function withService<S extends KeyService>(
  start: () => Promise<S>,
  work: (service: S, provider: KeyProvider) => Promise<void>,
): Promise<void> {
  const service = await start();
  try {
    await work(service, await provider(service.variables));
  } finally {
    await service.stop();
  }
}

const fails = (code: string) => new KeyProviderError(code as KeyProviderError['code']); // a code of the table

describe('AWS KMS', () => {
  it('is given the context as it will stand in CloudTrail, and the ARN both times', () =>
    withService(startAwsKms, async ({ requests, variables }, kms) => {
      await kms.unwrap(await kms.wrap(random(), CONTEXT), CONTEXT);
      expect(requests.map(({ headers }) => headers['x-amz-target'])).toEqual([
        'TrentService.Encrypt',
        'TrentService.Decrypt',
      ]);
      for (const { body } of requests) {
        expect(JSON.parse(body)).toMatchObject({
          KeyId: variables.SALUS_AWS_KEY_ARN,
          EncryptionContext: {
            purpose: 'salus-organization-key',
            organization: CONTEXT.organization,
            version: '3',
          },
        });
      }
    }));

  it('denies a caller whose clock is ten minutes wrong, and a session that is over', () =>
    withService(
      () => startAwsKms({ sessionToken: 'IQoJb3JpZ2luX2Vj' }),
      async ({ variables }) => {
        const late = await provider(variables, { now: () => Date.now() - 10 * 60_000 });
        await expect(late.wrap(random(), CONTEXT)).rejects.toStrictEqual(fails('denied'));
        const over = await provider({ ...variables, SALUS_AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2Vk' });
        await expect(over.wrap(random(), CONTEXT)).rejects.toStrictEqual(fails('denied'));
        await expect((await provider(variables)).wrap(random(), CONTEXT)).resolves.toBeDefined();
      },
    ));
});

describe('Google Cloud KMS', () => {
  let service: Awaited<ReturnType<typeof startGoogleCloudKms>>;
  let kms: KeyProvider;
  beforeAll(async () => {
    service = await startGoogleCloudKms();
    kms = await provider(service.variables);
  });
  afterAll(() => service.stop());
  afterEach(() => Object.assign(service.corrupts, { answer: false, receipt: false }));

  const tokensAsked = () => service.requests.filter(({ path }) => path === '/token').length;

  it('is not believed when its answer does not match its checksum', async () => {
    const wrapped = await kms.wrap(random(), CONTEXT);
    service.corrupts.answer = true;
    await expect(kms.wrap(random(), CONTEXT)).rejects.toStrictEqual(fails('unavailable'));
    await expect(kms.unwrap(wrapped, CONTEXT)).rejects.toStrictEqual(fails('unavailable'));
  });

  it('is not believed when it did not check what it received', async () => {
    service.corrupts.receipt = true;
    await expect(kms.wrap(random(), CONTEXT)).rejects.toStrictEqual(fails('unavailable'));
  });

  it('gives one token for many calls, and another when that one is over or revoked', async () => {
    let now = Date.now();
    const patient = await provider(service.variables, { now: () => now });
    const before = tokensAsked();
    for (let i = 0; i < 3; i++) await patient.wrap(random(), CONTEXT);
    expect(tokensAsked()).toBe(before + 1);
    service.revokeTokens();
    await patient.wrap(random(), CONTEXT);
    expect(tokensAsked()).toBe(before + 2);
    now += 59 * 60_000;
    // By this clock the assertion is from the future, and Google does not take it.
    await expect(patient.wrap(random(), CONTEXT)).rejects.toStrictEqual(fails('denied'));
    expect(tokensAsked()).toBe(before + 3);
  });

  it('takes a token that was given, for as long as it lasts', async () => {
    await kms.wrap(random(), CONTEXT);
    const token = service.secrets.at(-1) ?? '';
    const given = {
      ...service.variables,
      SALUS_GOOGLE_SERVICE_ACCOUNT: '',
      SALUS_GOOGLE_ACCESS_TOKEN: token,
    };
    const before = tokensAsked();
    const temporary = await provider(given);
    await temporary.wrap(random(), CONTEXT);
    service.revokeTokens();
    await expect(temporary.wrap(random(), CONTEXT)).rejects.toStrictEqual(fails('denied'));
    expect(tokensAsked()).toBe(before);
  });
});

describe('Azure Key Vault', () => {
  it('unwraps with the version that wrapped, after it was rotated, and wraps with the new one', () =>
    withService(startAzureKeyVault, async ({ rotate, requests }, vault) => {
      const [former, latter] = [random(), random()];
      const before = await vault.wrap(former, CONTEXT);
      rotate();
      const after = await vault.wrap(latter, CONTEXT);
      expect(await vault.unwrap(before, CONTEXT)).toStrictEqual(former);
      expect(await vault.unwrap(after, CONTEXT)).toStrictEqual(latter);
      const versions = requests.flatMap(
        ({ path }) => /root\/([0-9a-f]{32})\/unwrapkey/.exec(path)?.[1] ?? [],
      );
      expect(new Set(versions).size).toBe(2);
    }));

  it('gives a new token when the old one was revoked', () =>
    withService(startAzureKeyVault, async ({ revokeTokens }, vault) => {
      const wrapped = await vault.wrap(random(), CONTEXT);
      revokeTokens();
      await expect(vault.unwrap(wrapped, CONTEXT)).resolves.toHaveLength(32);
    }));
});

describe('Vault', () => {
  it('unwraps with the version that wrapped, until versions as old are refused', () =>
    withService(startVaultTransit, async ({ rotate, refuseVersionsBelow }, transit) => {
      const key = random();
      const before = await transit.wrap(key, CONTEXT);
      rotate();
      const after = await transit.wrap(key, CONTEXT);
      expect(await transit.unwrap(before, CONTEXT)).toStrictEqual(key);
      refuseVersionsBelow(2);
      await expect(transit.unwrap(before, CONTEXT)).rejects.toStrictEqual(fails('key_disabled'));
      expect(await transit.unwrap(after, CONTEXT)).toStrictEqual(key);
    }));

  it('gives a new token when the old one was revoked; a token that was given cannot be replaced', async () => {
    await withService(startVaultTransit, async ({ revokeTokens }, transit) => {
      const wrapped = await transit.wrap(random(), CONTEXT);
      revokeTokens();
      await expect(transit.unwrap(wrapped, CONTEXT)).resolves.toHaveLength(32);
    });
    await withService(
      () => startVaultTransit({ login: 'token' }),
      async ({ revokeTokens }, transit) => {
        const wrapped = await transit.wrap(random(), CONTEXT);
        revokeTokens();
        await expect(transit.unwrap(wrapped, CONTEXT)).rejects.toStrictEqual(fails('denied'));
      },
    );
  });

  it('is in another namespace for whoever says another', () =>
    withService(startVaultTransit, async ({ variables }) => {
      const elsewhere = await provider({ ...variables, SALUS_VAULT_NAMESPACE: 'clinic/us' });
      await expect(elsewhere.wrap(random(), CONTEXT)).rejects.toStrictEqual(fails('misconfigured'));
    }));
});

it.each([
  ['AWS KMS', startAwsKms],
  ['Google Cloud KMS', startGoogleCloudKms],
  ['Azure Key Vault', startAzureKeyVault],
])('%s is not believed when it wraps in the name of another key', (_, start) =>
  withService<KeyService>(start, async ({ does }, kms) => {
    does.misname = true;
    await expect(kms.wrap(random(), CONTEXT)).rejects.toStrictEqual(fails('unavailable'));
  }),
);

describe('from one key service to another', () => {
  it('a key goes with its id, and each service opens its own alone', () =>
    withService(startAwsKms, async (aws) =>
      withService(startVaultTransit, async (vault, transit) => {
        const moving = await provider(aws.variables);
        const wrapped = await moving.wrap(random(), CONTEXT);
        expect(moving.id).not.toBe(transit.id);
        await expect(transit.unwrap(wrapped, CONTEXT)).rejects.toStrictEqual(fails('unwrap_failed'));
        await expect(moving.unwrap(await transit.wrap(random(), CONTEXT), CONTEXT)).rejects.toStrictEqual(
          fails('unwrap_failed'),
        );
        expect(vault.requests.length).toBeGreaterThan(0);
      }),
    ));
});
