import { expect, it } from 'vitest';
import { utf8 } from './bytes.ts';
import { toHex } from './encoding.ts';
import { IntegrityError } from './errors.ts';
import { randomBytes } from './random.ts';
import { openWithSecret, sealWithSecret } from './secret-box.ts';

const secret = randomBytes(32);
const plaintext = utf8('{"session":"made up"}');

it('opens what was sealed under the same secret for the same purpose', async () => {
  const sealed = await sealWithSecret(secret, 'refresh', plaintext);
  expect(await openWithSecret(secret.slice(), 'refresh', sealed)).toStrictEqual(plaintext);
  expect(toHex(sealed)).not.toContain(toHex(plaintext));
});

it('opens for no other purpose, secret or bytes', async () => {
  const sealed = await sealWithSecret(secret, 'refresh', plaintext);
  const attempts = [
    openWithSecret(secret, 'refres', sealed),
    openWithSecret(secret, '', sealed),
    openWithSecret(secret.with(0, (secret[0] ?? 0) ^ 1), 'refresh', sealed),
    openWithSecret(secret, 'refresh', sealed.with(0, (sealed[0] ?? 0) ^ 1)),
    openWithSecret(secret, 'refresh', sealed.slice(0, -1)),
    openWithSecret(secret, 'refresh', new Uint8Array()),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toStrictEqual(new IntegrityError());
});

it('does not seal the same twice alike, though the derived key is the same', async () => {
  expect(toHex(await sealWithSecret(secret, 'refresh', plaintext))).not.toBe(
    toHex(await sealWithSecret(secret, 'refresh', plaintext)),
  );
});
