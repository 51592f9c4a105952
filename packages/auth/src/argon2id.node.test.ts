// The same digest in Node as in a Worker, and as RFC 9106 §5.3 has it.
import { describe, expect, it } from 'vitest';
import { argon2id } from './argon2id/node.ts';
import { hashPassword, verifyPassword } from './password.ts';

/** Made by OpenSSL 3.5.8, which shares no code with what is tested: salt 00 01 … 0f. The umlauts are two code points each. */
const KNOWN = {
  password: 'zwo\u0308lf Boxka\u0308mpfer',
  phc: '$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$NAHIfJYV0xZYu/z+e/If7KliRDKrl42YUOj7ZDaOcHY',
};

const fill = (value: number, length: number) => new Uint8Array(length).fill(value);

describe('argon2id in Node', () => {
  it('gives the tag of RFC 9106', async () => {
    const compute = await argon2id();
    const tag = compute({
      password: fill(1, 32),
      salt: fill(2, 16),
      secret: fill(3, 8),
      ad: fill(4, 12),
      parallelism: 4,
      passes: 3,
      memorySize: 32,
      tagLength: 32,
    });
    expect(Buffer.from(tag).toString('hex')).toBe(
      '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659',
    );
  });

  it('takes what OpenSSL has made, to the byte', async () => {
    const compute = await argon2id();
    expect(await verifyPassword(compute, KNOWN.password, KNOWN.phc)).toBe(true);
    expect(await verifyPassword(compute, KNOWN.password.normalize('NFC'), KNOWN.phc)).toBe(false);
  });

  it('takes what it has made', async () => {
    const compute = await argon2id();
    expect(await verifyPassword(compute, 'a long phrase', await hashPassword(compute, 'a long phrase'))).toBe(
      true,
    );
  });
});
