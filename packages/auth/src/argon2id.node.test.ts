// The same digest in Node as in a Worker, and as RFC 9106 §5.3 has it.
import { describe, expect, it } from 'vitest';
import { argon2id } from './argon2id/node.ts';
import { hashPassword, verifyPassword } from './password.ts';

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

  it('takes what it has made', async () => {
    const compute = await argon2id();
    expect(await verifyPassword(compute, 'a long phrase', await hashPassword(compute, 'a long phrase'))).toBe(
      true,
    );
  });
});
