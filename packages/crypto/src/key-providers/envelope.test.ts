import { expect, it } from 'vitest';
import { concat } from '../bytes.ts';
import { KeyProviderError } from '../errors.ts';
import { newKey } from '../random.ts';
import { envelopeProvider, type KeyService } from './envelope.ts';
import { outside } from './outside.ts';

const CONTEXT = { organization: 'organization-a', version: 1 };

/** Binds nothing, keeps the key in the clear, and reads a mark before it carelessly: what is refused, the seal refuses. */
const careless: KeyService = {
  id: 'careless',
  encrypt: async (key) => concat(Uint8Array.of(0), key),
  decrypt: async (encrypted) => encrypted.slice(1),
};
const provider = envelopeProvider(outside, careless);

it('the seal binds the context, when the service does not', async () => {
  const key = newKey();
  const wrapped = await provider.wrap(key, CONTEXT);
  expect(await provider.unwrap(wrapped, CONTEXT)).toStrictEqual(key);
  for (const other of [
    { ...CONTEXT, organization: 'organization-b' },
    { ...CONTEXT, version: 2 },
  ]) {
    await expect(provider.unwrap(wrapped, other)).rejects.toStrictEqual(
      new KeyProviderError('unwrap_failed'),
    );
  }
});

it('the seal binds every bit of what the service made, when the service reads some of them alike', async () => {
  const wrapped = await provider.wrap(newKey(), CONTEXT);
  for (const at of wrapped.keys()) {
    const flipped = wrapped.with(at, (wrapped[at] ?? 0) ^ 1);
    await expect(provider.unwrap(flipped, CONTEXT)).rejects.toStrictEqual(
      new KeyProviderError('unwrap_failed'),
    );
  }
});

it('the layout is format, length, what the service made, nonce, ciphertext and tag', async () => {
  const wrapped = await provider.wrap(newKey(), CONTEXT);
  expect([...wrapped.subarray(0, 6)]).toStrictEqual([1, 0, 0, 0, 33, 0]);
  expect(wrapped).toHaveLength(5 + 33 + 12 + 32 + 16);
});

it.each([0, 16, 31, 33])('a service that gives %i bytes for a key is refused', async (length) => {
  const wrapped = await provider.wrap(newKey(), CONTEXT);
  const short = envelopeProvider(outside, { ...careless, decrypt: async () => new Uint8Array(length) });
  await expect(short.unwrap(wrapped, CONTEXT)).rejects.toStrictEqual(new KeyProviderError('unwrap_failed'));
});

it('the key that the service was given is overwritten after its use', async () => {
  const given: Uint8Array[] = [];
  const watched = envelopeProvider(outside, {
    ...careless,
    encrypt: (key, context, deadline) => {
      given.push(key);
      return careless.encrypt(key, context, deadline);
    },
    decrypt: async (encrypted, context, deadline) => {
      const key = await careless.decrypt(encrypted, context, deadline);
      given.push(key);
      return key;
    },
  });
  await watched.unwrap(await watched.wrap(newKey(), CONTEXT), CONTEXT);
  expect(given).toStrictEqual([new Uint8Array(32), new Uint8Array(32)]);
});

it('the service has five seconds for each call, and is told when they have passed', async () => {
  const asked: number[] = [];
  const passed = AbortSignal.abort();
  const deadline = (milliseconds: number) => {
    asked.push(milliseconds);
    return passed;
  };
  const told: AbortSignal[] = [];
  const slow = envelopeProvider(
    { ...outside, deadline },
    {
      id: 'slow',
      encrypt: (key, context, signal) => {
        told.push(signal);
        return careless.encrypt(key, context, signal);
      },
      decrypt: (encrypted, context, signal) => {
        told.push(signal);
        return careless.decrypt(encrypted, context, signal);
      },
    },
  );
  await slow.unwrap(await slow.wrap(newKey(), CONTEXT), CONTEXT);
  expect(asked).toStrictEqual([5000, 5000]);
  expect(told).toStrictEqual([passed, passed]);
});
