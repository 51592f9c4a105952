// AUTH-18: sign-ins that arrive together in an isolate that has not hashed yet.
import { expect, it } from 'vitest';
import { argon2id } from './argon2id/workerd.ts';

it('AUTH-18: fifty first sign-ins at once take 65 MB together, not each', async () => {
  const Memory = WebAssembly.Memory;
  let memories = 0;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if (++memories === 1) throw new RangeError('out of memory');
      super(descriptor);
    }
  };
  try {
    await expect(argon2id(), 'a first call may fail').rejects.toThrow(RangeError);
    const instances = await Promise.all(Array.from({ length: 50 }, () => argon2id()));
    expect(new Set(instances).size).toBe(1);
    expect(memories).toBe(2);
  } finally {
    WebAssembly.Memory = Memory;
  }
});
