import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { portOf, requireFreePort } from './port.ts';

async function listening() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { port: address.port, close: () => new Promise((resolve) => server.close(resolve)) };
}

describe('the port', () => {
  it('is 8787 unless PORT says otherwise', () => {
    expect(portOf(undefined)).toBe(8787);
    expect(portOf('')).toBe(8787);
    expect(portOf('8790')).toBe(8790);
  });

  it.each(['0', '65536', '-1', '80a', '1e3', ' 80', '123456'])('is not %j', (value) => {
    expect(() => portOf(value)).toThrow('PORT is not a port number');
  });

  it('is refused when it is taken', async () => {
    const { port, close } = await listening();
    await expect(requireFreePort(port)).rejects.toThrow(`port ${port} is taken`);
    await close();
    await expect(requireFreePort(port)).resolves.toBeUndefined();
  });

  it('is waited for when what holds it is on its way out', async () => {
    const { port, close } = await listening();
    setTimeout(close, 200);
    await expect(requireFreePort(port, 5000)).resolves.toBeUndefined();
  });
});
