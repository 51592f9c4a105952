// RFC 6238, Appendix B: the SHA-1 vectors. They have eight digits; six are their last six.
import { describe, expect, it } from 'vitest';
import { totpCode, verifyTotp } from './totp.ts';

/** Base32 of the ASCII text `12345678901234567890`. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

const VECTORS: [seconds: number, code: string][] = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
];

describe('RFC 6238', () => {
  it.each(VECTORS)('at %i seconds the code is the end of %s, and is taken', async (seconds, code) => {
    const now = seconds * 1000;
    expect(await totpCode({ secret: SECRET, now })).toBe(code.slice(-6));
    const step = await verifyTotp({ secret: SECRET, code: code.slice(-6), now, lastStep: null });
    expect(step).toBe(Math.floor(seconds / 30));
  });
});
