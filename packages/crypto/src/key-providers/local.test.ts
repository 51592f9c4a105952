import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../bytes.ts';
import { toBase64, toHex } from '../encoding.ts';
import { KeyProviderError } from '../errors.ts';
import { randomBytes } from '../random.ts';
import { testKeyProvider } from '../test-keys.ts';
import { localKeyProvider } from './local.ts';

const HALF = randomBytes(16);
const CONTEXT = { organization: 'organization-a', version: 1 };

describe('CRY-11: a root key that is none', () => {
  it.each([
    ['missing', ''],
    ['blank', '   '],
    ['a passphrase', 'correct horse battery staple'],
    ['a placeholder', 'changeme'],
    ['31 bytes', toBase64(randomBytes(31))],
    ['33 bytes', toBase64(randomBytes(33))],
    ['16 bytes, which AES would take', toBase64(randomBytes(16))],
    ['hexadecimal', toHex(randomBytes(32))],
    ['base64url', '-'.repeat(43)],
    ['without padding', toBase64(randomBytes(32)).slice(0, -1)],
    ['a line break at the end', `${toBase64(randomBytes(32))}\n`],
    ['all zeros', toBase64(new Uint8Array(32))],
    ['all the same byte', toBase64(new Uint8Array(32).fill(0x2a))],
    ['the same 16 bytes twice', toBase64(concat(HALF, HALF))],
    ['a count', toBase64(Uint8Array.from({ length: 32 }, (_, at) => at))],
    ['a count from 250 down', toBase64(Uint8Array.from({ length: 32 }, (_, at) => 250 - at))],
    ['a text', toBase64(utf8('replace-me-with-32-random-bytes!'))],
    ['hexadecimal in Base 64', toBase64(utf8(toHex(HALF)))],
  ])('%s is refused', async (_, rootKey) => {
    const error = await failure(localKeyProvider(rootKey));
    expect(error).toMatchObject({ code: 'malformed_root_key', retry: false });
    // No part of what was meant to be secret may stand in a message.
    expect(error.message).toBe('malformed_root_key');
  });
});

describe('a wrapped key', () => {
  it('unwraps under its own context', async () => {
    const provider = await testKeyProvider();
    const key = randomBytes(32);
    const wrapped = await provider.wrap(key, CONTEXT);
    expect(await provider.unwrap(wrapped, { ...CONTEXT })).toStrictEqual(key);
  });

  it.each([
    ['organization', { ...CONTEXT, organization: 'organization-b' }],
    ['version', { ...CONTEXT, version: 2 }],
  ])('does not unwrap under another %s', async (_, context) => {
    const provider = await testKeyProvider();
    const wrapped = await provider.wrap(randomBytes(32), CONTEXT);
    expect(await failure(provider.unwrap(wrapped, context))).toMatchObject({
      code: 'unwrap_failed',
      retry: false,
    });
  });

  it('does not unwrap under another root key', async () => {
    const wrapped = await (await testKeyProvider()).wrap(randomBytes(32), CONTEXT);
    expect(await failure((await testKeyProvider()).unwrap(wrapped, CONTEXT))).toMatchObject({
      code: 'unwrap_failed',
    });
  });

  it('does not unwrap when a bit is flipped or a byte is missing', async () => {
    const provider = await testKeyProvider();
    const wrapped = await provider.wrap(randomBytes(32), CONTEXT);
    for (const at of wrapped.keys()) {
      const flipped = wrapped.with(at, (wrapped[at] ?? 0) ^ 1);
      expect(await failure(provider.unwrap(flipped, CONTEXT))).toMatchObject({ code: 'unwrap_failed' });
      expect(await failure(provider.unwrap(wrapped.slice(0, at), CONTEXT))).toMatchObject({
        code: 'unwrap_failed',
      });
    }
  });
});

async function failure(promise: Promise<unknown>): Promise<KeyProviderError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof KeyProviderError)) throw new Error('it should have failed with a KeyProviderError');
  return error;
}
