// A server of a test's own, where this machine alone comes, on a port that is free, or on its own again.
import { once } from 'node:events';
import type { Server } from 'node:net';

/** @returns its port. @throws Error when it is taken */
export async function listenOnLoopback(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return address.port;
}
