// A server on loopback that takes what is sent to it, and can be as bad as one on the internet.
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Certificate } from './certificate.ts';
import { listenOnLoopback } from './loopback.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer<ArrayBuffer>;
  readonly answered: Mood;
}

/** How it answers. `lost`: it has taken the request, and the answer does not arrive. */
export type Mood =
  | 'well'
  | 'busy'
  | 'busy_for_ever'
  | 'failing'
  | 'refusing'
  | 'lost'
  | 'redirecting'
  | 'page'
  | 'flood'
  | 'garbage';

const ANSWERS: Readonly<Record<Mood, (response: ServerResponse) => void>> = {
  well: (response) => response.writeHead(202).end('{"accepted":true}'),
  busy: (response) => response.writeHead(429, { 'retry-after': '900' }).end('canary of the server'),
  busy_for_ever: (response) => response.writeHead(503, { 'retry-after': '999999999' }).end(),
  failing: (response) => response.writeHead(500).end('canary of the server'),
  refusing: (response) => response.writeHead(403).end('canary of the server'),
  lost: (response) => response.socket?.destroy(),
  redirecting: (response) => response.writeHead(307, { location: '/elsewhere' }).end(),
  page: (response) =>
    response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>canary of the server</h1>'),
  garbage: (response) => response.socket?.end('\0\x01canary of the server\r\n\r\n'),
  flood: (response) => {
    response.writeHead(500);
    const pour = () => {
      while (!response.destroyed && response.write('canary of the server '.repeat(4096)));
    };
    response.on('drain', pour);
    pour();
  },
};

export interface SiemServer {
  readonly url: string;
  readonly received: Received[];
  /** What it answers from now on. */
  mood: Mood;
  /** What it answers to the next requests, before it is back in its mood. */
  readonly next: Mood[];
  /** Is waited for before each answer. */
  beforeAnswer(): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startSiemServer(certificate?: Certificate): Promise<SiemServer> {
  const received: Received[] = [];
  const next: Mood[] = [];
  const server = serverOf(certificate, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const answered = next.shift() ?? siem.mood;
      const { url: path = '', headers } = request;
      received.push({ path, headers, body: Buffer.concat(chunks), answered });
      await siem.beforeAnswer();
      ANSWERS[answered](response);
    });
  });
  const port = await listenOnLoopback(server);
  const siem: SiemServer = {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}/collect`,
    received,
    mood: 'well',
    next,
    beforeAnswer: async () => undefined,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return siem;
}

function serverOf(certificate: Certificate | undefined, listener: RequestListener) {
  return certificate ? createTlsServer(certificate, listener) : createServer(listener);
}
