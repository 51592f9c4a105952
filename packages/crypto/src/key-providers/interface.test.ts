import { expect, it } from 'vitest';
import { toBase64 } from '../encoding.ts';
import { KeyProviderError } from '../errors.ts';
import { randomBytes } from '../random.ts';
import { testKeyProvider } from '../test-keys.ts';
import { keyProviders } from './interface.ts';
import { localKeyProvider } from './local.ts';

const CONTEXT = { organization: 'organization-a', version: 1 };

it('a key is opened by the provider that is written beside it, whichever comes first now', async () => {
  const [former, latter] = [await testKeyProvider(), await testKeyProvider()];
  const key = randomBytes(32);
  const wrapped = await former.wrap(key, CONTEXT);
  const providers = keyProviders(latter, former);
  expect(providers.first).toBe(latter);
  expect(await providers.of(former.id).unwrap(wrapped, CONTEXT)).toStrictEqual(key);
  expect(providers.of(latter.id)).toBe(latter);
});

it('a key of nobody here is refused', async () => {
  const providers = keyProviders(await testKeyProvider(), await testKeyProvider());
  for (const id of ['', 'local:', 'local:00000000', 'aws-kms:x', 'LOCAL'])
    expect(() => providers.of(id)).toThrow(new KeyProviderError('unknown_provider'));
  expect(() => keyProviders({ ...providers.first, id: 'localised' }).of('local')).toThrow(KeyProviderError);
});

it('the id of a root key is the same each time, and another for each key', async () => {
  const rootKey = toBase64(randomBytes(32));
  const { id } = await localKeyProvider(rootKey);
  expect(id).toMatch(/^local:[0-9a-f]{8}$/);
  expect((await localKeyProvider(rootKey)).id).toBe(id);
  expect((await testKeyProvider()).id).not.toBe(id);
});

it('the id of a root key has been the same since it was first written beside a key', async () => {
  const rootKey = toBase64(Uint8Array.from({ length: 32 }, (_, at) => (at * at * 7 + 13 * at + 5) & 0xff));
  expect((await localKeyProvider(rootKey)).id).toBe('local:22920f5d');
});

it('a key from before root keys had ids of their own is opened by whichever root key wrapped it', async () => {
  const [former, latter, other] = await Promise.all([
    testKeyProvider(),
    testKeyProvider(),
    testKeyProvider(),
  ]);
  const key = randomBytes(32);
  const wrapped = await former.wrap(key, CONTEXT);
  for (const providers of [keyProviders(former), keyProviders(former, latter), keyProviders(latter, former)])
    expect(await providers.of('local').unwrap(wrapped, CONTEXT)).toStrictEqual(key);
  for (const providers of [keyProviders(other), keyProviders(other, latter)]) {
    await expect(providers.of('local').unwrap(wrapped, CONTEXT)).rejects.toStrictEqual(
      new KeyProviderError('unwrap_failed'),
    );
  }
});

it('a fault of one provider is not taken for a key of another', async () => {
  const former = await testKeyProvider();
  const latter = {
    ...(await testKeyProvider()),
    unwrap: async () => Promise.reject(new KeyProviderError('unavailable')),
  };
  const wrapped = await former.wrap(randomBytes(32), CONTEXT);
  await expect(keyProviders(latter, former).of('local').unwrap(wrapped, CONTEXT)).rejects.toStrictEqual(
    new KeyProviderError('unavailable'),
  );
});
