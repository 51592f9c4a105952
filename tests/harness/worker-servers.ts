// Before the tests that run in the Worker's runtime: servers that it speaks to, and a window through which a test in workerd
// sees what they have received.
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { loopbackCertificate } from './certificate.ts';
import { listenOnLoopback } from './loopback.ts';
import { IN_THE_CLEAR, startHostileMailServers, startMailServer } from './mail-server.ts';

export interface ProvidedServers {
  readonly mail: {
    readonly clear: number;
    readonly starttls: number;
    readonly tls: number;
    readonly hostile: Readonly<Record<string, number>>;
    /** Answers a GET with the JSON of every mail that came in the clear. */
    readonly inbox: string;
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: ProvidedServers;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const certificate = loopbackCertificate(); // which workerd does not trust
  const clear = await startMailServer(IN_THE_CLEAR);
  const starttls = await startMailServer(certificate);
  const tls = await startMailServer({ ...certificate, secure: true });
  const hostile = await startHostileMailServers();
  const inbox = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(clear.received));
  });
  const inboxPort = await listenOnLoopback(inbox);
  project.provide('servers', {
    mail: {
      clear: clear.port,
      starttls: starttls.port,
      tls: tls.port,
      hostile: hostile.ports,
      inbox: `http://127.0.0.1:${inboxPort}`,
    },
  });
  return async () => {
    inbox.close();
    for (const server of [clear, starttls, tls, hostile]) await server.close();
  };
}
