// Opaque tokens, and the successor that waits for whoever holds the token before it.
import { fromBase64Url, sealWithSecret, utf8 } from '@salus/crypto';
import { describe, expect, it } from 'vitest';
import { hashOpaqueToken, newOpaqueToken } from './opaque-token.ts';
import { openSuccessor, successorOf } from './refresh-token.ts';

describe('an opaque token', () => {
  it('SES-08: has 256 bits that no other has, and is known by its hash', async () => {
    const made = await Promise.all(Array.from({ length: 2000 }, () => newOpaqueToken('refresh')));
    expect(new Set(made.map(({ token }) => token)).size).toBe(2000);
    for (const { token, hash } of made.slice(0, 5)) {
      expect(token).toMatch(/^sr_[\w-]{43}$/);
      expect(await hashOpaqueToken('refresh', token)).toEqual(hash);
    }
  });

  it.each(['', 'sr_', 'sr_AAAA', `sr_${'A'.repeat(42)}B`, `sr_${'A'.repeat(44)}`, `sr_${'+'.repeat(43)}`])(
    '%j is none',
    async (text) => {
      expect(await hashOpaqueToken('refresh', text)).toBeNull();
      expect(await successorOf(text)).toBeNull();
    },
  );

  it('of one kind is not one of the other', async () => {
    const { token } = await newOpaqueToken('mfa');
    expect(await hashOpaqueToken('refresh', token)).toBeNull();
    expect(await successorOf(token)).toBeNull();
  });
});

describe('a successor', () => {
  it('opens to who holds the token before it, and to nobody else', async () => {
    const { token } = await newOpaqueToken('refresh');
    const { token: stranger } = await newOpaqueToken('refresh');
    const made = await successorOf(token);
    if (!made) throw new Error('a token has a successor');
    expect(await openSuccessor(token, made.sealedSuccessor)).toBe(made.newToken);
    await expect(openSuccessor(stranger, made.sealedSuccessor)).rejects.toMatchObject({ code: 'integrity' });
    await expect(openSuccessor(made.newToken, made.sealedSuccessor)).rejects.toMatchObject({
      code: 'integrity',
    });
    expect(await hashOpaqueToken('refresh', made.newToken)).toEqual(made.newHash);
  });

  it('that was changed in the database, or is opened with what is no token, does not open', async () => {
    const { token } = await newOpaqueToken('refresh');
    const made = await successorOf(token);
    if (!made) throw new Error('a token has a successor');
    for (let at = 0; at < made.sealedSuccessor.length; at++) {
      const changed = made.sealedSuccessor.map((byte, index) => (index === at ? byte ^ 1 : byte));
      await expect(openSuccessor(token, changed)).rejects.toMatchObject({ code: 'integrity' });
    }
    const cut = made.sealedSuccessor.subarray(0, -1);
    await expect(openSuccessor(token, cut)).rejects.toMatchObject({ code: 'integrity' });
    for (const text of ['', 'sr_', token.slice(0, -1), `sm_${token.slice(3)}`]) {
      await expect(openSuccessor(text, made.sealedSuccessor)).rejects.toMatchObject({ code: 'integrity' });
    }
  });

  it('is sealed for this purpose: what else the same secret sealed is no successor', async () => {
    const { token } = await newOpaqueToken('refresh');
    const secret = fromBase64Url(token.slice(3));
    const elsewhere = await sealWithSecret(secret, 'salus/other', utf8(token));
    await expect(openSuccessor(token, elsewhere)).rejects.toMatchObject({ code: 'integrity' });
  });
});
