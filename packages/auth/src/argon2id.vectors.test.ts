// RFC 9106 §5.3, in the Worker's own runtime.
import { toHex } from '@salus/crypto';
import { expect, it } from 'vitest';
import { argon2id } from './argon2id/workerd.ts';

const fill = (value: number, length: number) => new Uint8Array(length).fill(value);

it('argon2id in workerd gives the tag of RFC 9106, also after another hash, from one instance', async () => {
  const compute = await argon2id();
  expect(await argon2id()).toBe(compute);
  for (let i = 0; i < 2; i++) {
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
    expect(toHex(tag)).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659');
  }
});
