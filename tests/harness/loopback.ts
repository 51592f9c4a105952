// A server of a test's own, where this machine alone comes, on a port that is free.
import type { AddressInfo } from 'node:net';

interface Listener {
  listen(port: number, host: string, listening: () => void): unknown;
  address(): AddressInfo | string | null;
}

/** @returns its port */
export async function listenOnLoopback(server: Listener): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return address.port;
}
