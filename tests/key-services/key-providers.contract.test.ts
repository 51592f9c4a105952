// What every key provider does, whoever keeps the root key and whichever runtime it runs in: the same sentences for all of them,
// against servers that check signatures and tokens and really encrypt.
import { type KeyProvider, KeyProviderError, toBase64, toBase64Url, toHex } from '@salus/crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startAwsKms } from './aws-kms.ts';
import { startAzureKeyVault } from './azure-key-vault.ts';
import { startGoogleCloudKms } from './google-cloud-kms.ts';
import type { KeyService } from './key-service.ts';
import { inNode, inWorkerd, type Runtime } from './runtimes.ts';
import type { Failure } from './server.ts';
import { startVaultTransit } from './vault-transit.ts';

const CONTEXT = { organization: '3f0c8f9e-0000-4000-8000-000000000001', version: 3 };
const ATTEMPTS = 4;
const BUFFERED = 16 * 2 ** 20;

const random = () => crypto.getRandomValues(new Uint8Array(32));

const runtimes = [
  ['Node', inNode],
  ['workerd', inWorkerd],
] as const;

const services: [name: string, start: () => Promise<KeyService>, id: RegExp][] = [
  ['aws-kms', startAwsKms, /^aws-kms:arn:aws:kms:eu-central-1:111122223333:key\/[\w-]+$/],
  ['aws-kms with a session', () => startAwsKms({ sessionToken: 'IQoJb3JpZ2luX2VjE//+==' }), /^aws-kms:arn:/],
  [
    'google-cloud-kms',
    startGoogleCloudKms,
    /^google-cloud-kms:projects\/salus-tests\/locations\/europe-west3\/keyRings\/salus\/cryptoKeys\/[\w-]+$/,
  ],
  [
    'azure-key-vault',
    startAzureKeyVault,
    /^azure-key-vault:https:\/\/salus-tests\.vault\.azure\.net\/keys\/[\w-]+$/,
  ],
  [
    'vault-transit',
    startVaultTransit,
    /^vault-transit:http:\/\/127\.0\.0\.1:\d+\/clinic\/eu\/engines\/transit\/[\w-]+$/,
  ],
  ['vault-transit with a token', () => startVaultTransit({ login: 'token' }), /^vault-transit:/],
];

async function failure(promise: Promise<unknown>): Promise<KeyProviderError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof KeyProviderError)) throw new Error('it should have failed with a KeyProviderError');
  // Whatever was sent, answered or held: none of it may stand in a message.
  expect(error.message).toBe(error.code);
  return error;
}

describe.each(runtimes)('in %s', (_, startRuntime) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await startRuntime();
  });
  afterAll(() => runtime.stop());

  describe('local', () => {
    const variables = { SALUS_ROOT_KEY: toBase64(random()) };
    const other = { SALUS_ROOT_KEY: toBase64(random()) };
    wrapsAndUnwraps(
      async (of) => runtime.provider(of === 'other' ? other : variables),
      /^local:[0-9a-f]{8}$/,
    );
  });

  describe.each(services)('%s', (_name, start, id) => {
    let service: KeyService;
    let provider: KeyProvider;
    beforeAll(async () => {
      service = await start();
      provider = await runtime.provider(service.variables);
    });
    afterAll(() => service.stop());
    afterEach(() => {
      service.recover();
      Object.assign(service.does, { deny: false, disable: false, lie: false, misname: false });
    });

    wrapsAndUnwraps(
      async (of) =>
        of === 'other' ? runtime.provider({ ...service.variables, ...service.otherKey }) : provider,
      id,
    );

    it('never shows the service the key, wrapping or unwrapping', async () => {
      const key = random();
      const wrapped = await provider.wrap(key, CONTEXT);
      await provider.unwrap(wrapped, CONTEXT);
      const sent = JSON.stringify(service.requests);
      expect(sent).toContain('content-type');
      for (const form of [toBase64(key), toBase64Url(key), toHex(key)]) expect(sent).not.toContain(form);
    });

    it.each<Failure>(['throttled', 'broken', 'bad gateway', 'cut', 'empty'])(
      'tries again, and succeeds, when the service was %s twice',
      async (trouble) => {
        const key = random();
        const before = service.requests.length;
        service.fail(trouble, 2);
        const wrapped = await provider.wrap(key, CONTEXT);
        service.fail(trouble, 2);
        expect(await provider.unwrap(wrapped, CONTEXT)).toStrictEqual(key);
        expect(service.requests.length).toBe(before + 2 * 3);
      },
    );

    it.each<[Failure, string]>([
      ['throttled', 'throttled'],
      ['broken', 'unavailable'],
      ['bad gateway', 'unavailable'],
      ['garbage', 'unavailable'],
      ['empty', 'unavailable'],
      ['cut', 'unavailable'],
      ['hang', 'unavailable'],
      ['drip', 'unavailable'],
      ['huge', 'unavailable'],
    ])('gives up when the service is %s and stays so: %s, and may be asked later', async (trouble, code) => {
      const wrapped = await provider.wrap(random(), CONTEXT);
      const silent = trouble === 'hang' || trouble === 'drip';
      const waiting = silent ? await runtime.provider(service.variables, { haste: true }) : provider;
      service.fail(trouble);
      for (const call of [() => waiting.unwrap(wrapped, CONTEXT), () => waiting.wrap(random(), CONTEXT)]) {
        const before = service.requests.length;
        expect(await failure(call())).toMatchObject({ code, retry: true });
        const tries = service.requests.length - before;
        if (!silent) expect(tries).toBeGreaterThan(0);
        expect(tries).toBeLessThanOrEqual(ATTEMPTS);
      }
    });

    it('reads an answer that does not end no further than it must', async () => {
      const wrapped = await provider.wrap(random(), CONTEXT);
      const before = service.poured();
      service.fail('huge');
      expect(await failure(provider.unwrap(wrapped, CONTEXT))).toMatchObject({ code: 'unavailable' });
      // What lies in the buffers of sockets and proxies is beyond anybody's reach.
      expect(service.poured() - before).toBeLessThan(ATTEMPTS * BUFFERED);
    });

    it('follows no redirect', async () => {
      const wrapped = await provider.wrap(random(), CONTEXT);
      const before = service.requests.length;
      service.fail('redirect', 1);
      expect(await failure(provider.unwrap(wrapped, CONTEXT))).toMatchObject({
        code: 'misconfigured',
        retry: false,
      });
      expect(service.requests.length).toBe(before + 1);
    });

    it('says so when nobody is there, and works again when somebody is', async () => {
      const key = random();
      const wrapped = await provider.wrap(key, CONTEXT);
      await service.goAway();
      try {
        expect(await failure(provider.unwrap(wrapped, CONTEXT))).toMatchObject({
          code: 'unavailable',
          retry: true,
        });
      } finally {
        await service.comeBack();
      }
      expect(await provider.unwrap(wrapped, CONTEXT)).toStrictEqual(key);
    });

    it('does not insist when it is denied the key', async () => {
      const wrapped = await provider.wrap(random(), CONTEXT);
      service.does.deny = true;
      const before = service.requests.length;
      expect(await failure(provider.unwrap(wrapped, CONTEXT))).toMatchObject({
        code: 'denied',
        retry: false,
      });
      expect(await failure(provider.wrap(random(), CONTEXT))).toMatchObject({ code: 'denied', retry: false });
      // Each at most once, and once more with a new token.
      expect(service.requests.length - before).toBeLessThanOrEqual(6);
    });

    it('is denied with credentials that nobody has', async () => {
      const wrapped = await provider.wrap(random(), CONTEXT);
      const stranger = await runtime.provider({ ...service.variables, ...service.wrongLogin });
      expect(stranger.id).toBe(provider.id);
      expect(await failure(stranger.unwrap(wrapped, CONTEXT))).toMatchObject({
        code: 'denied',
        retry: false,
      });
    });

    it('says that the key is disabled', async () => {
      const wrapped = await provider.wrap(random(), CONTEXT);
      service.does.disable = true;
      expect(await failure(provider.unwrap(wrapped, CONTEXT))).toMatchObject({
        code: 'key_disabled',
        retry: false,
      });
    });

    it('does not believe a service that answers another key’s plaintext', async () => {
      const wrapped = await provider.wrap(random(), CONTEXT);
      service.does.lie = true;
      expect(await failure(provider.unwrap(wrapped, CONTEXT))).toMatchObject({
        code: 'unwrap_failed',
        retry: false,
      });
    });

    it('finds that there is no such key', async () => {
      const [[name, text]] = Object.entries(service.otherKey) as [[string, string]]; // each service has one
      const nobodys = await runtime.provider({ ...service.variables, [name]: `${text}-of-nobody` });
      expect(await failure(nobodys.wrap(random(), CONTEXT))).toMatchObject({
        code: 'misconfigured',
        retry: false,
      });
    });
  });
});

/** The sentences that hold of the local root key, too. */
function wrapsAndUnwraps(provider: (of: 'one' | 'other') => Promise<KeyProvider>, id: RegExp): void {
  it('unwraps what it wrapped, and wraps the same key another way each time', async () => {
    const key = random();
    const one = await provider('one');
    const [a, b] = [await one.wrap(key, CONTEXT), await one.wrap(key, CONTEXT)];
    expect(toHex(a)).not.toBe(toHex(b));
    for (const wrapped of [a, b]) {
      expect(toHex(wrapped)).not.toContain(toHex(key));
      expect(await one.unwrap(wrapped, { ...CONTEXT })).toStrictEqual(key);
    }
  });

  it('has an id that tells the provider, and its keys apart', async () => {
    const [one, again, other] = [await provider('one'), await provider('one'), await provider('other')];
    expect(one.id).toMatch(id);
    expect(other.id).toMatch(id);
    expect(again.id).toBe(one.id);
    expect(other.id).not.toBe(one.id);
  });

  it.each([
    ['organization', { ...CONTEXT, organization: '3f0c8f9e-0000-4000-8000-000000000002' }],
    ['version', { ...CONTEXT, version: 4 }],
    ['context that runs together', { organization: `${CONTEXT.organization}3`, version: 3 }],
  ])('unwraps under no other %s', async (_, context) => {
    const one = await provider('one');
    const wrapped = await one.wrap(random(), CONTEXT);
    expect(await failure(one.unwrap(wrapped, context))).toMatchObject({
      code: 'unwrap_failed',
      retry: false,
    });
  });

  it('unwraps nothing that another key wrapped', async () => {
    const wrapped = await (await provider('one')).wrap(random(), CONTEXT);
    expect(await failure((await provider('other')).unwrap(wrapped, CONTEXT))).toMatchObject({
      code: 'unwrap_failed',
      retry: false,
    });
  });

  it('unwraps nothing that was damaged or cut, wherever', async () => {
    const one = await provider('one');
    const wrapped = await one.wrap(random(), CONTEXT);
    for (const at of wrapped.keys()) {
      const flipped = wrapped.with(at, (wrapped[at] ?? 0) ^ 1);
      expect(await failure(one.unwrap(flipped, CONTEXT))).toMatchObject({
        code: 'unwrap_failed',
        retry: false,
      });
    }
    for (const length of [0, 1, 4, 5, 30, wrapped.length - 17, wrapped.length - 1]) {
      const cut = wrapped.slice(0, length);
      expect(await failure(one.unwrap(cut, CONTEXT))).toMatchObject({ code: 'unwrap_failed', retry: false });
    }
  });
}
