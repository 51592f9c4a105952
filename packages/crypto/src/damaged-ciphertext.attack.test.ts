// CRY-04 and CRY-05: cut, flipped, empty, random bytes all fail alike. An attacker who sees the answer learns nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAG_BYTES } from './aes-gcm.ts';
import type { Bytes } from './bytes.ts';
import { IntegrityError } from './errors.ts';
import { keyVersionOf, open, seal } from './sealed.ts';
import { PLACE, testSealingKey } from './test-keys.ts';

const key = await testSealingKey();
const sealed = await seal(key, PLACE, { family: 'Nguyễn', given: ['Văn', 'An'] });

describe('one and the same error', () => {
  it('CRY-05: for one flipped bit, wherever it is', async () => {
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const at = bit >> 3;
      await refused(sealed.with(at, (sealed[at] ?? 0) ^ (1 << (bit & 7))));
    }
  });

  it('CRY-04: for every cut, through the tag, the ciphertext, the nonce and the header down to nothing', async () => {
    for (let length = 0; length < sealed.length; length++) {
      await refused(sealed.slice(0, length));
      await refused(sealed.slice(sealed.length - length));
    }
  });

  it('CRY-04: for a tag of four bytes that is the right one, as far as it goes', async () => {
    await refused(sealed.slice(0, sealed.length - TAG_BYTES + 4));
  });

  it('CRY-05: for bytes too many', async () => {
    const longer = new Uint8Array(sealed.length + 1);
    longer.set(sealed);
    await refused(longer);
  });

  it('CRY-05: for random bytes, also behind a true header', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await refused(Uint8Array.from(bytes));
        await refused(Uint8Array.from([...sealed.subarray(0, 5), ...bytes]));
      }),
    );
  });
});

it('CRY-05: what is too short to be a sealed value, or of another format, has no key version', () => {
  for (const length of [0, 1, 5, 32]) {
    expect(() => keyVersionOf(sealed.slice(0, length))).toThrow(new IntegrityError());
  }
  for (const format of [0, 2, 0xff]) {
    expect(() => keyVersionOf(sealed.with(0, format))).toThrow(new IntegrityError());
  }
});

async function refused(bytes: Bytes): Promise<void> {
  const error = await open(key, PLACE, bytes).then(
    () => 'opened',
    (reason: unknown) => reason,
  );
  expect(error).toStrictEqual(new IntegrityError());
}
