// The HTTP server: Neon's `POST /sql` on the loopback interface. It logs nothing, so no SQL and no parameter leaves
// through it; a page in a browser cannot use it, since it answers no CORS preflight.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, controlPlaneFailure, errorAnswer, resultAnswer } from './answer.ts';
import { type Connections, createConnections } from './connections.ts';
import { type ArmedFaults, createFaults, type Faults } from './faults.ts';
import { MAX_BYTES, parseCredentials, parseSqlRequest, RequestRefused } from './request.ts';
import { ConnectionCut, runTransaction } from './transaction.ts';

export interface NeonLocalOptions {
  /** Upstream Postgres, host and port. Credentials and database come from each request's Neon-Connection-String, as on Neon. */
  upstream: { host: string; port: number };
  /** 0, the default, takes any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
}

export interface NeonLocal {
  /** What `neonConfig.fetchEndpoint` should return, e.g. http://127.0.0.1:5488/sql */
  readonly url: string;
  readonly port: number;
  /** Since the start or the last reset: `POST /sql` requests received, and the statements in those well formed. */
  readonly counters: { requests: number; statements: number };
  resetCounters(): void;
  readonly faults: Faults;
  /** Refuses new requests, waits for running ones, and closes every connection to the upstream. */
  close(): Promise<void>;
}

/** Starts the server. @throws node's EADDRINUSE when the port is taken. */
export async function startNeonLocal(options: NeonLocalOptions): Promise<NeonLocal> {
  const { upstream, port = 0, host = '127.0.0.1' } = options;
  const { faults, armed } = createFaults();
  const connections = createConnections(upstream);
  const counters = { requests: 0, statements: 0 };
  const running = new Set<Promise<void>>();

  const server = createServer((request, response) => {
    if (armed.refusing) {
      request.socket.resetAndDestroy();
      return;
    }
    // The client has gone when its connection closes before the answer has been handed over.
    const gone = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const answered = respond(request, response, { connections, armed, counters, gone: gone.signal })
      .catch((error: unknown) => {
        if (error instanceof ConnectionCut || gone.signal.aborted) request.socket.resetAndDestroy();
        else write(response, errorAnswer(error));
      })
      .finally(() => running.delete(answered));
    running.add(answered);
  });
  server.on('connection', (socket) => {
    if (armed.refusing) socket.resetAndDestroy();
  });
  // Longer than any client keeps an idle connection, so that the client is the one to close it.
  server.keepAliveTimeout = 60_000;
  const actualPort = await listen(server, port, host);

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}/sql`,
    port: actualPort,
    counters,
    resetCounters: () => {
      counters.requests = 0;
      counters.statements = 0;
    },
    faults,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all(running);
      // What is left open is kept alive by a client, or holds an answer that nobody reads.
      server.closeAllConnections();
      await closed;
      await connections.close();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

interface Work {
  connections: Connections;
  armed: ArmedFaults;
  counters: { requests: number; statements: number };
  gone: AbortSignal;
}

async function respond(request: IncomingMessage, response: ServerResponse, work: Work): Promise<void> {
  const { connections, armed, counters, gone } = work;
  if (request.url?.split('?')[0] !== '/sql') throw new RequestRefused(404, 'not found');
  if (request.method !== 'POST') throw new RequestRefused(405, 'method not allowed');
  counters.requests += 1;
  const body = await readBody(request);
  const credentials = parseCredentials(request.headers);
  const sqlRequest = parseSqlRequest(request.headers, body);
  counters.statements += sqlRequest.kind === 'single' ? 1 : sqlRequest.statements.length;

  if (armed.latency > 0) await sleep(armed.latency, undefined, { signal: gone });
  if (armed.takeControlPlaneFailure()) {
    write(response, controlPlaneFailure);
    return;
  }
  const results = await connections.lend(credentials, gone, async (client) => {
    if (gone.aborted) throw new ConnectionCut();
    return runTransaction(client, sqlRequest, armed, gone);
  });
  write(response, resultAnswer(sqlRequest, results));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and dropped: a client that is still sending would not see an answer before the end.
    if (size <= MAX_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BYTES) throw new RequestRefused(413, `request is too large (max is ${MAX_BYTES} bytes)`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new RequestRefused(400, 'could not parse the HTTP request body: not UTF-8');
  }
}

function write(response: ServerResponse, { status, body }: Answer): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': bytes.length,
    ...(status === 405 ? { Allow: 'POST' } : {}),
  });
  response.end(bytes);
}
