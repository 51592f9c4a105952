// What the key services of the tests have in common: an HTTP server on loopback that keeps what it was sent, and can be told to
// fail as networks and services do. What it says and checks is each service's own.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { listenOnLoopback } from '../harness/loopback.ts';

export interface ServiceRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ServiceAnswer {
  readonly status: number;
  /** JSON, or a text as it stands. */
  readonly body: unknown;
}

export type Failure =
  /** The service's own answer that it was called too often. */
  | 'throttled'
  /** Its own answer that something in it has failed. */
  | 'broken'
  /** A page of something that stands in front of it. */
  | 'bad gateway'
  /** Success, but not in its language. */
  | 'garbage'
  | 'empty'
  /** Success that never ends: a gigabyte, if anybody reads it. */
  | 'huge'
  /** Takes the request and says nothing. */
  | 'hang'
  /** Says a byte now and then. */
  | 'drip'
  | 'redirect'
  /** Ends the connection before it answers. */
  | 'cut';

export interface Service {
  /** What the service says of itself when it is called too often, or has failed. */
  readonly troubles: Readonly<Record<'throttled' | 'broken', ServiceAnswer>>;
  answer(request: ServiceRequest): ServiceAnswer;
}

export interface KeyServiceServer {
  readonly url: string;
  /** Everything that was sent here, in order. */
  readonly requests: readonly ServiceRequest[];
  /** How many bytes of endless answers somebody has taken. */
  poured(): number;
  /** Fails the next requests, as many times as said. */
  fail(failure: Failure, times?: number): void;
  /** Fails no more. */
  recover(): void;
  /** No more connections, as when the machine is off. Starts anew on the same port. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

const GIGABYTE = 2 ** 30;
const CHUNK = Buffer.alloc(64 * 1024, ' ');

/** @param serviceAt makes the service, which may have to know its own address */
export async function startServer(serviceAt: (url: string) => Service): Promise<KeyServiceServer> {
  const requests: ServiceRequest[] = [];
  const failures: Failure[] = [];
  let poured = 0;
  let lasting: Failure | null = null;
  const server = createServer((message, response) => {
    void (async () => {
      const request = await read(message);
      requests.push(request);
      const failure = failures.shift() ?? lasting;
      if (failure === 'huge') await pour(response, (bytes) => (poured += bytes));
      else if (failure) await failing(failure, service, request, response, url);
      else send(response, service.answer(request));
    })().catch(() => response.destroy());
  });
  const port = await listenOnLoopback(server);
  const url = `http://127.0.0.1:${port}`;
  const service = serviceAt(url);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url,
    requests,
    poured: () => poured,
    fail(failure, times) {
      if (times === undefined) lasting = failure;
      else for (let i = 0; i < times; i++) failures.push(failure);
    },
    recover() {
      failures.length = 0;
      lasting = null;
    },
    goAway: close,
    async comeBack() {
      await listenOnLoopback(server, port);
    },
    stop: close,
  };
}

async function read(message: IncomingMessage): Promise<ServiceRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return {
    method: message.method ?? '',
    path: message.url ?? '',
    headers: message.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function send(response: ServerResponse, { status, body }: ServiceAnswer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

async function failing(
  failure: Failure,
  service: Service,
  request: ServiceRequest,
  response: ServerResponse,
  url: string,
): Promise<void> {
  if (failure === 'throttled' || failure === 'broken') return send(response, service.troubles[failure]);
  if (failure === 'bad gateway') return send(response, { status: 502, body: '<html>Bad Gateway</html>' });
  if (failure === 'garbage') return send(response, { status: 200, body: '{"Plaintext": [true, ' });
  if (failure === 'empty') return send(response, { status: 200, body: '' });
  if (failure === 'redirect') {
    // To itself, with the very request: whoever follows finds what was asked for.
    response.writeHead(307, { location: `${url}${request.path}` }).end();
  }
  if (failure === 'cut') response.destroy();
  if (failure === 'drip') await drip(response);
}

async function drip(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  for (let i = 0; i < 600 && !response.destroyed; i++) {
    response.write(' ');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  response.end();
}

async function pour(response: ServerResponse, taken: (bytes: number) => void): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  const endless = function* () {
    for (let sent = 0; sent < GIGABYTE; sent += CHUNK.length) {
      yield CHUNK;
      taken(CHUNK.length);
    }
  };
  await pipeline(endless, response);
}
