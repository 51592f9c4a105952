// One kept connection to a server, over which one request goes after another.
import { Agent, request } from 'node:http';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Connection {
  /** The answer's JSON. @throws Error when its status is not 2xx, or it does not come */
  send(what: HttpRequest): Promise<unknown>;
  /** Drops the cookies that were set on this connection. */
  forget(): void;
  close(): void;
}

const DEADLINE = 60_000;

export function openConnection(url: string): Connection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(url);
  const cookies = new Map<string, string>();
  return {
    send: ({ method, path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
        const sent = request(
          {
            agent,
            hostname,
            port,
            method,
            path,
            timeout: DEADLINE,
            headers: {
              ...headers,
              ...(cookies.size > 0 && { cookie: [...cookies.values()].join('; ') }),
              ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
            },
          },
          (response) => {
            for (const set of response.headers['set-cookie'] ?? []) {
              const [cookie = ''] = set.split(';');
              cookies.set(cookie.split('=')[0] ?? '', cookie);
            }
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', reject);
            response.on('end', () => {
              const text = Buffer.concat(chunks).toString('utf8');
              const status = response.statusCode ?? 0;
              if (status < 200 || status > 299)
                reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`));
              else resolve(text === '' ? null : JSON.parse(text));
            });
          },
        );
        sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)));
        sent.on('error', reject);
        sent.end(bytes);
      }),
    forget: () => cookies.clear(),
    close: () => agent.destroy(),
  };
}
