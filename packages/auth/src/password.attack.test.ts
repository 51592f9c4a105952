// Passwords as an attacker tries them, and as an attacker with the database changes their hashes.
import { describe, expect, it, vi } from 'vitest';
import { argon2id } from './argon2id/workerd.ts';
import { newPassword } from './new-password.ts';
import { hashPassword, presentedPassword, verifyPassword } from './password.ts';

const compute = await argon2id();
/** Made by OpenSSL 3.5.8, which shares no code with what is tested: salt 00 01 … 0f. The umlauts are two code points each. */
const KNOWN = {
  password: 'zwo\u0308lf Boxka\u0308mpfer',
  phc: '$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$NAHIfJYV0xZYu/z+e/If7KliRDKrl42YUOj7ZDaOcHY',
};

const PASSWORD = 'correct horse battery staple';
const phc = await hashPassword(compute, PASSWORD);

describe('a password', () => {
  it('is known by its hash alone, which is never twice the same', async () => {
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await hashPassword(compute, PASSWORD)).not.toBe(phc);
    expect(await verifyPassword(compute, PASSWORD, phc)).toBe(true);
    expect(await verifyPassword(compute, `${PASSWORD} `, phc)).toBe(false);
  });

  it('AUTH-02: costs one hash, whether there is such an account, whatever is stored, and however short it is', async () => {
    const spy = vi.fn(compute);
    for (const [password, stored] of [
      [PASSWORD, phc],
      ['wrong password', phc],
      [PASSWORD, null],
      ['x', phc],
      ['x', null],
      [PASSWORD, 'nonsense'],
    ] as const) {
      spy.mockClear();
      await verifyPassword(spy, password, stored);
      expect(spy).toHaveBeenCalledTimes(1);
    }
  });

  it('is checked in a Worker as OpenSSL and Node check it, in the bytes that were typed and no others', async () => {
    expect(await verifyPassword(compute, KNOWN.password, KNOWN.phc)).toBe(true);
    expect(await verifyPassword(compute, KNOWN.password.normalize('NFC'), KNOWN.phc)).toBe(false);
  });

  it('AUTH-14: of any form is looked at, but not of any size', () => {
    for (const [length, taken] of [
      [0, false],
      [1, true],
      [1024, true],
      [1025, false],
    ] as const) {
      expect(presentedPassword.safeParse('x'.repeat(length)).success).toBe(taken);
    }
  });

  it('the decoy opens to nobody', async () => {
    for (const password of ['', 'x', PASSWORD, '\0'.repeat(8)]) {
      expect(await verifyPassword(compute, password, null)).toBe(false);
    }
    const decoyTag = () => new Uint8Array(32);
    expect(await verifyPassword(decoyTag, PASSWORD, null)).toBe(false);
    expect(await verifyPassword(decoyTag, PASSWORD, 'nonsense')).toBe(false);
  });

  it('that is too short to be hashed opens no account, not even of the password that is hashed in its place', async () => {
    const zeros = '\0'.repeat(8);
    const hash = await hashPassword(compute, zeros);
    expect(await verifyPassword(compute, 'x', hash)).toBe(false);
    expect(await verifyPassword(compute, zeros, hash)).toBe(true);
  });

  it('AUTH-12: counts to its last character', async () => {
    const long = 'a'.repeat(72);
    const hash = await hashPassword(compute, `${long}1`);
    expect(await verifyPassword(compute, `${long}2`, hash)).toBe(false);
    expect(await verifyPassword(compute, `${long}1`, hash)).toBe(true);
  });

  it.each([
    ['more memory than there is', phc.replace('m=19456', 'm=4194304')],
    ['more passes than there is time for', phc.replace('t=2', 't=99')],
    ['no passes', phc.replace('t=2', 't=0')],
    ['no lanes', phc.replace('p=1', 'p=0')],
    ['another scheme', phc.replace('argon2id', 'argon2i')],
    ['another version', phc.replace('v=19', 'v=16')],
    ['PBKDF2', 'pbkdf2-sha256$100000$c2FsdA$aGFzaA'],
    ['its tag cut short', phc.slice(0, -30)],
    ['no tag', phc.slice(0, phc.lastIndexOf('$') + 1)],
    ['nothing', ''],
  ])('AUTH-15: a stored hash with %s opens to nobody, for the price of any other', async (_, stored) => {
    const spy = vi.fn(compute);
    expect(await verifyPassword(spy, PASSWORD, stored)).toBe(false);
    expect(spy).toHaveBeenCalledTimes(1);
    expect(spy.mock.calls[0]?.[0]).toMatchObject({ memorySize: 19_456, passes: 2, parallelism: 1 });
  });
});

describe('AUTH-11, AUTH-13: a new password', () => {
  const accepts = (password: unknown) =>
    newPassword({ email: 'amara.okafor@clinic.example' }).safeParse(password).success;

  it.each([
    ['seven characters', 'abcdefg', false],
    ['eight', 'xkcdpqrz', true],
    ['sixty-four', 'x'.repeat(64), true],
    ['a hundred and twenty-eight', 'x'.repeat(128), true],
    ['a hundred and twenty-nine', 'x'.repeat(129), false],
    ['eight emoji', '🐙'.repeat(8), true],
    ['a hundred and twenty-nine emoji', '🐙'.repeat(129), false],
    ['spaces', 'two words here', true],
    ['another script', 'пароль для входа', true],
    ['a common one', 'Password123', false],
    ['a word of the trade', 'patient123', false],
    ['its own address', 'amara.okafor@clinic.example', false],
    ['the name in its address', 'Amara.Okafor', false],
    ['half a character', '\ud800abcdefgh', false],
    ['a megabyte', 'x'.repeat(1_000_000), false],
    ['a number', 12345678, false],
  ])('of %s', (_, password, expected) => {
    expect(accepts(password)).toBe(expected);
  });

  it.each([
    ['abcdefg', 'at least 8 characters'],
    ['x'.repeat(129), 'at most 128 characters'],
    ['x'.repeat(1_000_000), 'at most 128 characters'],
    ['\ud800abcdefgh', 'not well-formed Unicode'],
    ['SalusSalus', 'among the passwords that are tried first'],
    ['amara.okafor', 'the same as the e-mail address'],
    ['Amara.Okafor@clinic.example', 'the same as the e-mail address'],
  ])('is refused for one reason, which is told and quotes nothing (case %#)', (password, reason) => {
    const { error } = newPassword({ email: 'amara.okafor@clinic.example' }).safeParse(password);
    expect(error?.issues.map(({ message }) => message)).toEqual([reason]);
    expect(JSON.stringify(error?.issues)).not.toContain(password);
  });
});
