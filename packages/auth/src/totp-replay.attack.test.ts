// One-time codes as an attacker tries them.
import { describe, expect, it } from 'vitest';
import { newTotpSecret, totpCode, totpUri, verifyTotp } from './totp.ts';

const secret = newTotpSecret();
/** The middle of a step. */
const NOW = 1_795_000_005_000;
const codeAt = (now: number) => totpCode({ secret, now });
const verify = (code: string, lastStep: number | null = null, now = NOW) =>
  verifyTotp({ secret, code, now, lastStep });

describe('a one-time code', () => {
  it('MFA-01: is not taken again, nor is an older one after it (MFA-03)', async () => {
    const step = await verify(await codeAt(NOW));
    expect(step).not.toBeNull();
    expect(await verify(await codeAt(NOW), step)).toBeNull();
    expect(await verify(await codeAt(NOW - 30_000), step)).toBeNull();
    expect(await verify(await codeAt(NOW + 30_000), step, NOW + 30_000)).toBe((step ?? 0) + 1);
  });

  it('MFA-09: of the step before is taken, of two before or of the next is not', async () => {
    expect(await verify(await codeAt(NOW - 30_000))).not.toBeNull();
    expect(await verify(await codeAt(NOW - 60_000))).toBeNull();
    expect(await verify(await codeAt(NOW + 30_000))).toBeNull();
  });

  it('MFA-09: thirty seconds late is in time and sixty-one late or thirty-one early is not, in every second of a step', async () => {
    for (let second = 0; second < 30; second++) {
      const then = NOW + second * 1000;
      const step = Math.floor(then / 30_000);
      expect(await verify(await codeAt(then), null, then)).toBe(step);
      expect(await verify(await codeAt(then - 30_000), null, then)).toBe(step - 1);
      expect(await verify(await codeAt(then - 61_000), null, then)).toBeNull();
      expect(await verify(await codeAt(then + 31_000), null, then)).toBeNull();
    }
  });

  it.each([
    ['no secret', { secret: '' }],
    ['a secret that is not Base32', { secret: 'not base32 !' }],
    ['a secret of 40 bits', { secret: 'GEZDGNBV' }],
    ['no time', { now: Number.NaN }],
    ['a time before the epoch', { now: -1 }],
    ['a time past all counters', { now: 1e300 }],
  ])('with %s is refused and throws nothing', async (_, wrong) => {
    expect(await verifyTotp({ secret, code: '123456', now: NOW, lastStep: null, ...wrong })).toBeNull();
  });

  it.each([
    '',
    '12345',
    '1234567',
    '123456 ',
    ' 123456',
    '１２３４５６',
    '12345a',
    '-12345',
    '1e5000',
    '\u0000'.repeat(6),
  ])('MFA-04: %j is refused and throws nothing', async (code) => {
    expect(await verify(code)).toBeNull();
  });

  it('MFA-04: is not the right one in another spelling', async () => {
    const code = await codeAt(NOW);
    const fullWidth = code.replace(/./g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
    for (const spelled of [
      `${code} `,
      ` ${code}`,
      `${code}\n`,
      `${code}\0`,
      `0${code}`,
      `+${code}`,
      fullWidth,
    ]) {
      expect(await verify(spelled)).toBeNull();
    }
    expect(await verify(code)).not.toBeNull();
  });

  it('has a secret of 160 bits that no other has, and a URI that says whose it is', () => {
    expect(new Set(Array.from({ length: 1000 }, newTotpSecret)).size).toBe(1000);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    const uri = new URL(totpUri({ secret, account: 'a@b.example', issuer: 'Salus' }));
    expect(uri.protocol).toBe('otpauth:');
    expect(uri.searchParams.get('secret')).toBe(secret);
    expect(uri.searchParams.get('issuer')).toBe('Salus');
  });
});
