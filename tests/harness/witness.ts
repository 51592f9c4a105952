// A witness (c2sp.org/tlog-witness) as somebody else would have written it: from the specification, on Node's own cryptography,
// with nothing of ours. It speaks HTTP, keeps the largest tree that it has seen of each log, checks the log's signature and
// the consistency proof, and cosigns. It can be told to be down, slow, or to lie.
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback } from './loopback.ts';

export type Conduct =
  | 'honest'
  /** Cuts the connection. */
  | 'down'
  /** Answers 503. */
  | 'failing'
  /** Never answers. */
  | 'slow'
  /** Sends the caller elsewhere. */
  | 'redirecting'
  /** Cosigns another root than the one it was sent. */
  | 'signing another root'
  /** Answers more than anybody could want to read. */
  | 'endless'
  /** Says that it has seen another size, whatever it is told. */
  | 'always of another size';

export interface TestWitness {
  readonly url: string;
  /** Type 0x04. */
  readonly verifierKey: string;
  /** Status of each answer, in order. */
  readonly answers: readonly number[];
  /** Largest tree seen of a log. */
  readonly seen: Map<string, { size: bigint; root: string }>;
  conduct: Conduct;
  stop(): Promise<void>;
}

export interface TestWitnessOptions {
  readonly name: string;
  /** Raw 32-byte public key of the logs that it knows, and which they are. */
  readonly logKey: Uint8Array;
  readonly knows: (origin: string) => boolean;
}

/** DER of an Ed25519 key (RFC 8410), up to the 32 bytes of a seed or of a public key. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const SIZE = /^(0|[1-9][0-9]*)$/;

const sha256 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** Raw 32 bytes of the public key of a seed. */
export function publicKeyOfSeed(seed: Uint8Array): Uint8Array {
  return createPublicKey(privateKeyOf(seed)).export({ type: 'spki', format: 'der' }).subarray(-32);
}

function privateKeyOf(seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

function keyHash(name: string, type: number, publicKey: Uint8Array): Buffer {
  return sha256(`${name}\n`, Buffer.of(type), publicKey).subarray(0, 4);
}

export async function startTestWitness(options: TestWitnessOptions): Promise<TestWitness> {
  const { name, logKey, knows } = options;
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const key = privateKeyOf(seed);
  const id = keyHash(name, 4, publicKeyOfSeed(seed));
  const answers: number[] = [];
  const seen: TestWitness['seen'] = new Map();

  function cosign(text: string): string {
    const time = BigInt(Math.floor(Date.now() / 1000));
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), key);
    const timestamp = Buffer.alloc(8);
    timestamp.writeBigUInt64BE(time);
    return `— ${name} ${Buffer.concat([id, timestamp, signature]).toString('base64')}\n`;
  }

  function answer(body: string): { status: number; body?: string; headers?: Record<string, string> } {
    const [head = '', note = ''] = cut(body, '\n\n');
    const [old = '', ...hashes] = head.split('\n');
    const oldSize = /^old (.*)$/.exec(old)?.[1] ?? '';
    const end = note.lastIndexOf('\n\n');
    const text = note.slice(0, end + 1);
    const [origin = '', size = '', root = ''] = text.split('\n');
    if (!SIZE.test(oldSize) || !SIZE.test(size) || hashes.length > 63) return { status: 400 };
    if (!knows(origin)) return { status: 404 };
    if (!isSigned(text, note.slice(end + 2), origin, logKey)) return { status: 403 };
    if (BigInt(oldSize) > BigInt(size)) return { status: 400 };
    const latest = seen.get(origin) ?? { size: 0n, root: '' };
    if (witness.conduct === 'always of another size' || BigInt(oldSize) !== latest.size) {
      const other = witness.conduct === 'always of another size' ? latest.size + 1n : latest.size;
      return { status: 409, body: `${other}\n`, headers: { 'content-type': 'text/x.tlog.size' } };
    }
    const continues =
      latest.size === 0n
        ? hashes.length === 0
        : isConsistent(
            latest,
            { size: BigInt(size), root },
            hashes.map((hash) => Buffer.from(hash, 'base64')),
          );
    if (!continues) return { status: 422 };
    seen.set(origin, { size: BigInt(size), root });
    const signed =
      witness.conduct === 'signing another root' ? text.replace(root, sha256('x').toString('base64')) : text;
    return { status: 200, body: cosign(signed) };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { conduct } = witness;
    const body = await textOf(request);
    const send = (status: number, text = '', headers = {}) => {
      answers.push(status);
      response.writeHead(status, headers).end(text);
    };
    if (conduct === 'slow') return;
    if (conduct === 'down') response.destroy();
    else if (conduct === 'failing') send(503);
    else if (conduct === 'redirecting')
      send(307, '', { location: `${witness.url}/elsewhere/add-checkpoint` });
    else if (conduct === 'endless') send(200, ' '.repeat(2_000_000));
    else if (request.method !== 'POST' || request.url !== '/add-checkpoint') send(404);
    else {
      const { status, body: text, headers } = answer(body);
      send(status, text, headers);
    }
  }

  const server = createServer((request, response) => void handle(request, response));
  const port = await listenOnLoopback(server);
  const witness: TestWitness = {
    url: `http://127.0.0.1:${port}`,
    verifierKey: `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.of(4), publicKeyOfSeed(seed)]).toString('base64')}`,
    answers,
    seen,
    conduct: 'honest',
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return witness;
}

/** Exactly one signature line is by the log's key, and it verifies; lines of others are nobody's business. */
function isSigned(text: string, lines: string, origin: string, logKey: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.concat([SPKI, logKey]), format: 'der', type: 'spki' });
  const id = keyHash(origin, 1, logKey);
  const signatures = lines
    .split('\n')
    .filter((line) => line.startsWith(`— ${origin} `))
    .map((line) => Buffer.from(line.slice(`— ${origin} `.length), 'base64'))
    .filter((bytes) => bytes.subarray(0, 4).equals(id));
  return (
    signatures.length > 0 &&
    signatures.every((bytes) => verify(null, Buffer.from(text), key, bytes.subarray(4)))
  );
}

/**
 * RFC 6962 §2.1.2, backwards: what both roots must be, rebuilt by the same recursion that SUBPROOF makes the proof by.
 */
function isConsistent(
  first: { size: bigint; root: string },
  second: { size: bigint; root: string },
  proof: readonly Buffer[],
): boolean {
  const left = [...proof];
  const rebuild = (m: bigint, n: bigint, whole: boolean): [Buffer, Buffer] | undefined => {
    if (m === n) {
      const node = whole ? Buffer.from(first.root, 'base64') : left.shift();
      return node && [node, node];
    }
    let k = 1n;
    while (k * 2n < n) k *= 2n;
    const inner = m <= k ? rebuild(m, k, whole) : rebuild(m - k, n - k, false);
    const sibling = left.shift();
    if (!inner || !sibling) return undefined;
    const [before, after] = inner;
    return m <= k
      ? [before, sha256(Buffer.of(1), after, sibling)]
      : [sha256(Buffer.of(1), sibling, before), sha256(Buffer.of(1), sibling, after)];
  };
  if (first.size > second.size) return false;
  const rebuilt = rebuild(first.size, second.size, true);
  const [before, after] = rebuilt?.map((root) => root.toString('base64')) ?? [];
  return left.length === 0 && before === first.root && after === second.root;
}

function cut(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + by.length)];
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
