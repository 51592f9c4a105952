import { expect, it } from 'vitest';
import { toHex } from './encoding.ts';
import { IntegrityError } from './errors.ts';
import { aesGcmOpen, aesGcmSeal, hkdfSha256, hmacSha256 } from './primitives.ts';

const NONE = new Uint8Array();
const NONCE = new Uint8Array(12);
const TAG_BYTES = 16;

it.each([16, 24, 32])('takes AES keys of %i bytes', async (length) => {
  const key = bytes(length);
  const sealed = await aesGcmSeal(key, NONCE, NONE, bytes(5));
  expect(sealed).toHaveLength(5 + TAG_BYTES);
  expect(await aesGcmOpen(key, NONCE, NONE, sealed)).toStrictEqual(bytes(5));
});

it.each([0, 8, 15, 17, 31, 33, 64])('rejects AES keys of %i bytes', async (length) => {
  await expect(aesGcmSeal(bytes(length), NONCE, NONE, NONE)).rejects.toThrow();
  await expect(aesGcmOpen(bytes(length), NONCE, NONE, bytes(TAG_BYTES))).rejects.toThrow();
});

it('CRY-04: opens nothing under a tag that was cut, though Web Crypto could', async () => {
  const key = bytes(32);
  const sealed = await aesGcmSeal(key, NONCE, NONE, bytes(3));
  for (let length = 0; length < sealed.length; length++) {
    await expect(aesGcmOpen(key, NONCE, NONE, sealed.subarray(0, length))).rejects.toThrow(IntegrityError);
  }
});

it('takes an HMAC key of no bytes, as RFC 2104 does and Web Crypto does not', async () => {
  expect(toHex(await hmacSha256(NONE, NONE))).toBe(
    'b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad',
  );
});

it('reports what it cannot use by a rejected promise, never by throwing', async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  const calls = [
    aesGcmOpen(NONE, NONE, NONE, NONE),
    aesGcmOpen(bytes(32), NONE, NONE, bytes(TAG_BYTES)),
    aesGcmOpen(shared, shared, shared, shared),
    aesGcmSeal(NONE, NONE, NONE, NONE),
    hkdfSha256(bytes(32), NONE, NONE, 32 * 255 + 1),
  ];
  for (const call of calls) await expect(call).rejects.toThrow();
});

it('reads a view of its bytes and not what lies around them', async () => {
  const around = bytes(64);
  const view = around.subarray(7, 39);
  expect(await hmacSha256(view, view)).toStrictEqual(await hmacSha256(view.slice(), view.slice()));
  const sealed = await aesGcmSeal(view, around.subarray(1, 13), view, view);
  expect(await aesGcmOpen(view.slice(), around.slice(1, 13), view.slice(), sealed)).toStrictEqual(
    view.slice(),
  );
});

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at + 1);
}
