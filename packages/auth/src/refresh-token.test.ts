// Opaque tokens, and the successor that waits for whoever holds the token before it.
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
});
